import { Type } from "typebox";
import { dataOf } from "./conventions.ts";
import { operation } from "./operation.ts";

export const accountUsesSchema = Type.Object({
  sources: Type.Array(
    Type.Object({ id: Type.String({ description: "`dc_…`" }), name: Type.String(), active: Type.Boolean() }),
  ),
  workflows: Type.Array(
    Type.Object({
      id: Type.String({ description: "`p_…`" }),
      name: Type.String(),
      active: Type.Boolean(),
      steps: Type.Array(Type.String(), { description: "Namespaces, in the version that runs." }),
    }),
  ),
});

export const accountUseOperations = {
  listAccountUses: operation({
    id: "listAccountUses",
    method: "GET",
    path: "/accounts/:account_id/uses",
    summary: "List what uses a connected account",
    description:
      "Sources, and workflows with their steps; sources that were deployed with a workflow are among the sources.",
    tag: "Accounts",
    access: "token",
    params: Type.Object({ account_id: Type.String({ description: "`apn_…`" }) }),
    status: 200,
    reply: dataOf(accountUsesSchema),
  }),
};
