import type { SendRequest } from "../../step.ts";
import { isObject } from "../definition/index.ts";
import type { UserObject } from "../definition/index.ts";
import { asText } from "../safe-json.ts";
import { exportText } from "./export-text.ts";
import type { StepRecord } from "./step-record.ts";

type Kind = SendRequest["kind"];
type Send = (payload?: unknown, channel?: unknown) => void;

const HTTP_METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]);

/** `$.send`: each call is checked and taken now, and delivered when the run has ended. */
export function createSend(record: StepRecord): Record<Kind, Send> {
  const take = (kind: Kind, payload: unknown): void => {
    record.send(kind, exportText(payload, `What $.send.${kind} is given`) ?? "null");
  };
  return {
    http(payload) {
      const request = objectOf("http", payload);
      if (!HTTP_METHODS.has(asText(request["method"]))) {
        throw invalid("http", "method", "one of GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH");
      }
      requireTexts("http", request, ["url"]);
      take("http", request);
    },
    email(payload) {
      const mail = objectOf("email", payload);
      for (const field of ["subject", "text", "html"]) {
        if (mail[field] != null && typeof mail[field] !== "string") throw invalid("email", field, "a text");
      }
      take("email", mail);
    },
    emit: (payload, channel) => take("emit", readEmit(payload, channel)),
    sse(payload) {
      const message = objectOf("sse", payload);
      requireTexts("sse", message, ["channel"]);
      if (message["payload"] === undefined) throw invalid("sse", "payload", "given");
      take("sse", message);
    },
    s3(payload) {
      const object = objectOf("s3", payload);
      requireTexts("s3", object, ["bucket", "prefix"]);
      if (object["payload"] === undefined) throw invalid("s3", "payload", "given");
      take("s3", object);
    },
    sql(payload) {
      const row = objectOf("sql", payload);
      requireTexts("sql", row, ["table"]);
      take("sql", row);
    },
    snowflake: (payload) => take("snowflake", objectOf("snowflake", payload)),
    sms: (payload) => take("sms", isObject(payload) ? payload : { message: asText(payload) }),
  };
}

/** An event as it is, or the older form `{raw_event, event}`, where `event` names the channel. */
function readEmit(payload: unknown, channel: unknown): UserObject {
  const event = objectOf("emit", payload);
  const isOlderForm =
    isObject(event["raw_event"]) && Object.keys(event).every((key) => key === "raw_event" || key === "event");
  if (!isOlderForm) return { event, channel: asText(channel) };
  return { event: event["raw_event"], channel: asText(channel ?? event["event"]) };
}

function objectOf(kind: Kind, payload: unknown): UserObject {
  if (!isObject(payload)) throw new TypeError(`$send.${kind}: invalid value: it must be an object`);
  return payload;
}

function requireTexts(kind: Kind, payload: UserObject, fields: readonly string[]): void {
  for (const field of fields) {
    if (typeof payload[field] !== "string" || payload[field] === "") throw invalid(kind, field, "a text");
  }
}

function invalid(kind: Kind, field: string, expected: string): TypeError {
  return new TypeError(`$send.${kind}: invalid value: ${field} must be ${expected}`);
}
