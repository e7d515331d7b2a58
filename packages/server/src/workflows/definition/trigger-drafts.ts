import type { HttpResponse, JsonObject } from "@millrace/runner";
import { parseSchedule, type Schedule } from "../../core/index.ts";
import type { ComponentReference } from "../../sources/index.ts";
import { readStaticResponse } from "./static-response.ts";
import { Fields, type Problems } from "./problems.ts";

interface Head {
  readonly path: string;
  /** Of a trigger that there is already. */
  readonly id: string | undefined;
}
export interface HttpTriggerDraft extends Head {
  readonly kind: "http";
  readonly customResponse: boolean;
  readonly staticResponse: HttpResponse | null;
  readonly authorization: "none" | "bearer" | "oauth";
  /** Undefined: the one that it has. */
  readonly bearerToken: string | undefined;
  readonly bodyOnly: boolean;
}
export interface TimerTriggerDraft extends Head {
  readonly kind: "timer";
  readonly schedule: Schedule;
  readonly timezone: string;
}
export interface EmailTriggerDraft extends Head {
  readonly kind: "email";
}
export interface SourceTriggerDraft extends Head {
  readonly kind: "source";
  /** An existing source, which goes on without the workflow; null: one that is deployed with it. */
  readonly sourceId: string | null;
  readonly reference: ComponentReference;
  readonly props: JsonObject;
  readonly name: string | undefined;
}
/** A trigger as a request describes it. */
export type TriggerDraft = HttpTriggerDraft | TimerTriggerDraft | EmailTriggerDraft | SourceTriggerDraft;

const MAX_TRIGGERS = 100;
const MAX_TOKEN = 4_096;
const HEAD_FIELDS = ["id", "type", "props"];
const SOURCE_FIELDS = ["source_id", "component_id", "component_key", "component_url", "component_code", "name"];

/** Reads a list of triggers; everything wrong with it is noted. */
export function readTriggers(
  list: readonly unknown[],
  { problems, origins }: { problems: Problems; origins?: ReadonlyMap<unknown, string> },
): TriggerDraft[] {
  if (list.length > MAX_TRIGGERS) problems.add("triggers", `may be ${MAX_TRIGGERS}`);
  return list.flatMap((item, index) => {
    const fields = Fields.of(item, { path: origins?.get(item) ?? `triggers[${index}]`, problems });
    const draft = fields && readTrigger(fields, problems);
    return draft ? [draft] : [];
  });
}

function readTrigger(fields: Fields, problems: Problems): TriggerDraft | null {
  const head: Head = { path: fields.path, id: fields.text("id") };
  const props = fields.record("props") ?? {};
  const at = { path: fields.pathOf("props"), problems };
  const type: unknown = fields.raw("type");
  fields.refuseOthers(type === "source" ? [...HEAD_FIELDS, ...SOURCE_FIELDS] : HEAD_FIELDS);
  switch (type) {
    case "http":
      return readHttp(new Fields(props, at), head);
    case "timer":
      return readTimer(new Fields(props, at), head);
    case "email":
      new Fields(props, at).refuseOthers([]);
      return { ...head, kind: "email" };
    case "source":
      return readSource(fields, { head, props });
    default:
      fields.problem("type", "must be http, timer, email or source");
      return null;
  }
}

function readHttp(fields: Fields, head: Head): HttpTriggerDraft {
  fields.refuseOthers(["custom_response", "static_response", "authorization", "bearer_token", "body_only"]);
  const customResponse = fields.truth("custom_response") ?? false;
  const staticResponse = readStaticResponse(fields.inner("static_response"));
  if (customResponse && staticResponse) fields.problem("static_response", "does not go with custom_response");
  const authorization = fields.raw("authorization") ?? "none";
  if (authorization !== "none" && authorization !== "bearer" && authorization !== "oauth") {
    fields.problem("authorization", "must be none, bearer or oauth");
  }
  const bearerToken = fields.text("bearer_token", { maxLength: MAX_TOKEN });
  return {
    ...head,
    kind: "http",
    customResponse,
    staticResponse,
    authorization: authorization === "bearer" || authorization === "oauth" ? authorization : "none",
    bearerToken,
    bodyOnly: fields.truth("body_only") ?? false,
  };
}

function readTimer(fields: Fields, head: Head): TimerTriggerDraft | null {
  fields.refuseOthers(["interval_seconds", "cron", "timezone"]);
  const timezone = fields.raw("timezone") ?? "UTC";
  const intervalSeconds = fields.raw("interval_seconds") ?? null;
  const cron = fields.raw("cron") ?? null;
  if (intervalSeconds === null && cron === null) {
    fields.problem("interval_seconds", "is required, or cron");
    return null;
  }
  const parsed = parseSchedule({ interval_seconds: intervalSeconds, cron, timezone }, Date.now());
  const zone = parseSchedule({ cron: "* * * * *", timezone }, Date.now());
  if ("problem" in zone) fields.problem("timezone", "must be an IANA time zone");
  else if ("problem" in parsed) {
    fields.problem(
      cron === null ? "interval_seconds" : "cron",
      parsed.problem.replace("intervalSeconds", "interval_seconds"),
    );
  }
  if ("problem" in parsed || typeof timezone !== "string") return null;
  return { ...head, kind: "timer", schedule: parsed.schedule, timezone };
}

function readSource(fields: Fields, { head, props }: { head: Head; props: JsonObject }): SourceTriggerDraft | null {
  const sourceId = fields.text("source_id") ?? null;
  const reference: ComponentReference = {
    componentId: fields.text("component_id"),
    componentKey: fields.text("component_key"),
    componentUrl: fields.text("component_url", { maxLength: 2_000 }),
    componentCode: fields.text("component_code", { maxLength: 1_000_000 }),
  };
  const given = Object.values(reference).filter((name) => name !== undefined).length + (sourceId === null ? 0 : 1);
  const isExisting = head.id?.startsWith("dc_") ?? false;
  if (given === 0 && !isExisting) {
    fields.problem("source_id", "is required, or component_id, component_key, component_code or component_url");
    return null;
  }
  if (sourceId !== null && Object.keys(props).length > 0)
    fields.problem("props", "are the source's own; change them there");
  if (given > 1) fields.problem("source_id", "give one of source_id and the names of components");
  return { ...head, kind: "source", sourceId, reference, props, name: fields.text("name", { maxLength: 200 }) };
}
