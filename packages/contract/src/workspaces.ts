import { Type } from "typebox";

export const workspaceSchema = Type.Object({
  id: Type.String(),
  orgname: Type.String(),
  name: Type.String(),
  email: Type.String(),
  daily_credits_quota: Type.Integer(),
  daily_credits_used: Type.Integer(),
});
