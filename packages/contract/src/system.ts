import { Type } from "typebox";
import { dataOf, epochSeconds, nullable } from "./conventions.ts";
import { operation } from "./operation.ts";

const count = Type.Integer({ minimum: 0 });
const sandboxTier = Type.Union([Type.Literal("A"), Type.Literal("B"), Type.Literal("C")]);

export const systemNodeSchema = Type.Object({
  name: Type.String(),
  roles: Type.Array(Type.String()),
  version: nullable(Type.String()),
  sandbox_tier: nullable(sandboxTier),
  started_at: epochSeconds,
  seen_at: epochSeconds,
  connected: Type.Boolean({ description: "It holds a connection to the database at the moment." }),
  answering: Type.Boolean({ description: "The node that has answered this request." }),
});

export const systemSchema = Type.Object({
  version: Type.String(),
  uptime_seconds: count,
  nodes: Type.Array(systemNodeSchema, { description: "Those that have not been stopped; newest first, up to 100." }),
  sandbox: Type.Object({
    tier: sandboxTier,
    reasons: Type.Array(Type.String(), { description: "Why a stronger tier can not be had." }),
    processes: count,
    stuck: count,
    running: Type.Integer({ minimum: 0, description: "Calls of user code at the moment." }),
  }),
  queue: Type.Object(
    {
      due: count,
      later: count,
      in_lanes: count,
      in_work: count,
      oldest_wait_seconds: nullable(Type.Number({ description: "Null: nothing waits." })),
    },
    { description: "Deliveries of the whole instance; counted up to 100,000." },
  ),
  slots: Type.Object({ in_use: count, free: count }, { description: "Room for deliveries on the answering node." }),
  disk: Type.Object({ free_bytes: count, size_bytes: count }, { description: "Where the data directory lies." }),
  database: Type.Object({
    kind: Type.Union([Type.Literal("embedded"), Type.Literal("external")]),
    version: Type.String(),
    size_bytes: count,
  }),
  search: Type.Object({ model: Type.String() }),
  mail: Type.Object({
    inbound: Type.String(),
    outlet: nullable(Type.String({ description: "Host of the mail server; null: no mail is sent." })),
  }),
});

export const systemOperations = {
  getSystem: operation({
    id: "getSystem",
    method: "GET",
    path: "/system",
    summary: "How the instance is",
    description: "For the operator: needs the role admin in the workspace that the instance began with.",
    tag: "System",
    access: "token",
    role: "admin",
    status: 200,
    reply: dataOf(systemSchema),
  }),
};
