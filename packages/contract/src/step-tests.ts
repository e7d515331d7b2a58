import { Type } from "typebox";
import { dataOf, mapOf, nullable } from "./conventions.ts";
import { operation } from "./operation.ts";

const anyJson = Type.Unknown();

export const stepTestSchema = Type.Object({
  status: Type.Union([Type.Literal("success"), Type.Literal("error")]),
  props: Type.Unknown({ description: "As they were used: expressions evaluated." }),
  exports: Type.Record(Type.String(), anyJson),
  return_value: Type.Unknown({
    description:
      "Of `if` and `switch` the slug of the branch that is taken (`$else`: the other one), of `parallel` those, of `loop` the list.",
  }),
  summary: nullable(Type.String({ description: "The export `$summary`." })),
  logs: Type.Array(anyJson),
  error: nullable(Type.Object({ name: Type.String(), message: Type.String(), stack: Type.Optional(Type.String()) })),
  duration_ms: Type.Integer(),
  flow: nullable(
    Type.Record(Type.String(), anyJson, {
      description: "What it would do to a run: `{kind, …}`, such as `exit` with its `reason`.",
    }),
  ),
  response: nullable(
    Type.Record(Type.String(), anyJson, { description: "What it would answer the caller: `{status, headers, body}`." }),
  ),
  sends: Type.Array(Type.Object({ kind: Type.String(), payload: anyJson }), {
    description: "What it would send with `$.send`.",
  }),
});

export const stepTestOperations = {
  testWorkflowStep: operation({
    id: "testWorkflowStep",
    method: "POST",
    path: "/workflows/:id/test_step",
    summary: "Test a step of a draft",
    description:
      "Runs one step as the draft has it, with the workflow's accounts, variables and data stores. No run is recorded and no " +
      "credit counted, nothing is sent, pauses do not pause; what the code itself does, it does. Of control flow the conditions " +
      "are evaluated.",
    tag: "Workflows",
    access: "token",
    params: Type.Object({ id: Type.String({ description: "`p_…`" }) }),
    body: Type.Object({
      steps: Type.Array(anyJson, {
        description:
          "Of the draft, up to the one to test, in the form of `createWorkflow`. A step without code keeps its own.",
      }),
      namespace: Type.String({ minLength: 1, description: "Of the step to test." }),
      run_id: Type.Optional(Type.String({ description: "The event and the exports of earlier steps are this run's." })),
      event: Type.Optional(Type.Unknown({ description: "Instead of the run's." })),
      exports: Type.Optional(mapOf(anyJson, { description: "By namespace: instead of the run's." })),
    }),
    status: 200,
    reply: dataOf(stepTestSchema),
  }),
};
