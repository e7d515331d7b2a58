import type { Json, JsonObject } from "@millrace/runner";
import { defineCommand } from "citty";
import { readEnvironment } from "../environment.ts";
import { reportJson, reportText, runLocally, UsageError, type LocalRun } from "../run/index.ts";

const HOOKS = ["deploy", "activate", "deactivate"] as const;

/** `millrace run`: exit code 0 when the run succeeds, 1 when it ends with an error, 2 when it cannot be started. */
export const run = defineCommand({
  meta: { name: "run", description: "Run one component on this machine, in the same sandbox as the server" },
  args: {
    component: { type: "positional", description: "A file, or an https, GitHub or npm: address", required: true },
    event: { type: "string", description: "The event as JSON", default: "{}" },
    props: { type: "string", description: "Values of the props as JSON", default: "{}" },
    auth: {
      type: "string",
      description: 'Credentials as JSON, by app prop: {"slack": {"api_key": "…"}}',
      default: "{}",
    },
    steps: {
      type: "string",
      description: 'Run it as a step of a workflow, after these: {"code": {"$return_value": 1}}',
    },
    env: { type: "string", description: "Variables of the workflow as JSON", default: "{}" },
    hook: { type: "string", description: `Run a hook instead: ${HOOKS.join(", ")}` },
    state: { type: "string", description: "A JSON file that keeps $.service.db between runs" },
    allow: { type: "string", description: "CIDRs that the component may reach besides public addresses", default: "" },
    timeout: { type: "string", description: "Seconds", default: "60" },
    json: { type: "boolean", description: "One JSON object for programs", default: false },
  },
  async run({ args }) {
    try {
      const report = await runLocally(localRunOf(args), readEnvironment());
      process.stdout.write(`${args.json ? reportJson(report) : reportText(report)}\n`);
      process.exitCode = report.result.error === null ? 0 : 1;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 2;
    }
  },
});

interface RunArguments {
  readonly component: string;
  readonly event: string;
  readonly props: string;
  readonly auth: string;
  readonly steps?: string | undefined;
  readonly env: string;
  readonly hook?: string | undefined;
  readonly state?: string | undefined;
  readonly allow: string;
  readonly timeout: string;
}

function localRunOf(args: RunArguments): LocalRun {
  const hook = HOOKS.find((name) => name === args.hook) ?? null;
  if (args.hook !== undefined && hook === null) throw new UsageError(`--hook is one of ${HOOKS.join(", ")}`);
  const timeoutMs = Number(args.timeout) * 1000;
  if (!(timeoutMs > 0 && timeoutMs <= 3_600_000)) throw new UsageError("--timeout is a number of seconds, up to 3600");
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(jsonObject("--env", args.env))) {
    if (typeof value !== "string") throw new UsageError(`--env: ${name} must be a text`);
    variables[name] = value;
  }
  return {
    component: args.component,
    event: json("--event", args.event),
    props: jsonObject("--props", args.props),
    auth: credentialsOf(args.auth),
    hook,
    steps: args.steps === undefined ? null : jsonObject("--steps", args.steps),
    variables,
    timeoutMs,
    stateFile: args.state ?? null,
    allow: args.allow.split(",").filter((part) => part !== ""),
  };
}

function credentialsOf(text: string): Record<string, JsonObject> {
  const auth: Record<string, JsonObject> = {};
  for (const [name, fields] of Object.entries(jsonObject("--auth", text))) {
    if (!isObject(fields)) throw new UsageError(`--auth: ${name} must be an object of credential fields`);
    auth[name] = fields;
  }
  return auth;
}

function json(option: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new UsageError(`${option} is not JSON: ${text}`, { cause });
  }
}

function jsonObject(option: string, text: string): JsonObject {
  const value = json(option, text);
  if (!isObject(value)) throw new UsageError(`${option} must be a JSON object`);
  return value;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
