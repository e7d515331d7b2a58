import type { Emit, InvocationError, Observation, StepOutcome } from "@millrace/runner";
import type { LocalRunReport } from "./run-locally.ts";

/** A run for people: logs, emits, the HTTP answer, exports, the return value and the error, in this order. */
export function reportText({ definition, sandboxTier, result, response }: LocalRunReport): string {
  const durationMs = result.endedAtMs - result.startedAtMs;
  const title = [definition.name ?? definition.key ?? "component", definition.version].filter(Boolean).join(" ");
  const lines = [`${title} (${definition.kind}) ran ${durationMs} ms in sandbox tier ${sandboxTier}`];
  lines.push(...result.logs.map(logText), ...result.emits.map(emitText));
  if (response) lines.push(`http  ${response.status} ${response.isBase64 ? "(binary)" : response.body}`);
  lines.push(...stepLines(result.step));
  if (result.returnValue !== null) lines.push(`return  ${pretty(result.returnValue)}`);
  if (result.error) lines.push(errorText(result.error));
  else if (result.emits.length === 0 && result.returnValue === null) lines.push("(nothing emitted, nothing returned)");
  return lines.join("\n");
}

/** The same for programs. */
export function reportJson({ definition, sandboxTier, result, response }: LocalRunReport): string {
  return JSON.stringify({
    component: { key: definition.key, name: definition.name, version: definition.version, type: definition.kind },
    sandbox_tier: sandboxTier,
    status: result.error === null ? "success" : "error",
    duration_ms: result.endedAtMs - result.startedAtMs,
    emits: result.emits.map(({ event, channel, deliverAtMs, ...metadata }) => ({
      event: parsed(event),
      event_name: channel,
      ...(deliverAtMs === undefined ? {} : { delivery_ts: deliverAtMs }),
      ...metadata,
    })),
    logs: result.logs,
    response,
    ...(result.step === undefined ? {} : { step: stepFields(result.step) }),
    return_value: result.returnValue === null ? null : parsed(result.returnValue),
    error: result.error,
  });
}

function logText({ k, msg, err }: Observation): string {
  return `${k}  ${msg ?? err?.stack ?? err?.message ?? ""}`;
}

function emitText({ event, channel, id, summary, deliverAtMs }: Emit): string {
  const facts = [
    channel === "" ? "" : `channel ${channel}`,
    id === undefined ? "" : `id ${id}`,
    summary ?? "",
    deliverAtMs === undefined ? "" : `to be delivered ${new Date(deliverAtMs).toISOString()}`,
  ].filter((fact) => fact !== "");
  return `emit  ${facts.length === 0 ? "" : `[${facts.join(", ")}] `}${pretty(event)}`;
}

function stepLines(step: StepOutcome | undefined): string[] {
  if (!step) return [];
  const exports = Object.entries(step.exports).map(([name, json]) => `export  ${name} = ${pretty(json)}`);
  const sends = step.sends.map(({ kind, payload }) => `send  ${kind} ${pretty(payload)}`);
  return [...exports, ...sends, ...(step.flow === null ? [] : [`flow  ${JSON.stringify(step.flow)}`])];
}

function stepFields({ exports, evaluatedProps, flow, sends }: StepOutcome): object {
  return {
    exports: Object.fromEntries(Object.entries(exports).map(([name, json]) => [name, parsed(json)])),
    props: parsed(evaluatedProps),
    flow,
    sends: sends.map(({ kind, payload }) => ({ kind, payload: parsed(payload) })),
  };
}

function errorText({ code, name, message, stack }: InvocationError): string {
  const text = stack?.includes(message) === true ? stack : [`${name}: ${message}`, stack].filter(Boolean).join("\n");
  return `error ${code}  ${text}`;
}

function pretty(json: string): string {
  return JSON.stringify(parsed(json), null, 2);
}

function parsed(json: string): unknown {
  return JSON.parse(json);
}
