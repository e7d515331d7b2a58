import { Type } from "typebox";
import { anyObject, dataOf, epochSeconds } from "./conventions.ts";
import { operation } from "./operation.ts";

export const templateSchema = Type.Object({
  id: Type.String({ description: "`tch_…`" }),
  owner_id: Type.String({ description: "Its workspace, `o_…`." }),
  name: Type.String(),
  definition: Type.Object(
    { steps: Type.Array(Type.Unknown()), triggers: Type.Array(Type.Unknown()), settings: anyObject },
    { description: "In the form in which POST /workflows takes them." },
  ),
  created_at: epochSeconds,
});

const definition = Type.Object({
  steps: Type.Optional(Type.Array(Type.Unknown())),
  triggers: Type.Optional(Type.Array(Type.Unknown())),
  settings: Type.Optional(anyObject),
});
const tag = "Workflows";

export const templateOperations = {
  createTemplate: operation({
    id: "createTemplate",
    method: "POST",
    path: "/templates",
    summary: "Make a template",
    description: "Of a workflow, without its accounts and secrets, or of a definition.",
    tag,
    access: "token",
    takesOrgId: true,
    body: Type.Object({
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      workflow_id: Type.Optional(Type.String({ description: "`p_…`" })),
      definition: Type.Optional(definition),
    }),
    status: 200,
    reply: dataOf(templateSchema),
  }),
  getTemplate: operation({
    id: "getTemplate",
    method: "GET",
    path: "/templates/:id",
    summary: "Get a template",
    tag,
    access: "token",
    params: Type.Object({ id: Type.String({ description: "`tch_…`" }) }),
    status: 200,
    reply: dataOf(templateSchema),
  }),
};
