import type { HookInvocation, RunInvocation } from "../../invocation.ts";
import { isFunction, isObject } from "../definition/index.ts";
import type { LoadedComponent, UserObject } from "../definition/index.ts";
import { parseJson } from "../safe-json.ts";

/** Calls `run(event)`. A source without `run` emits the event of its interface itself. */
export function runComponent(component: LoadedComponent, invocation: RunInvocation, instance: UserObject): unknown {
  const event = readEvent(invocation.event);
  const { run } = component.source;
  if (isFunction(run)) return run.call(instance, event);
  if (isFunction(instance["$emit"])) instance["$emit"](event);
  return undefined;
}

/** Calls a lifecycle hook, without arguments; a missing one is fine. */
export function callHook(component: LoadedComponent, invocation: HookInvocation, instance: UserObject): unknown {
  const hooks = component.source["hooks"];
  const hook = isObject(hooks) ? hooks[invocation.hook] : undefined;
  return isFunction(hook) ? hook.call(instance) : undefined;
}

function readEvent(json: string): unknown {
  const event = parseJson(json) ?? {};
  // A few components know the raw body of an HTTP event by this name; hidden, or it would be emitted with the event.
  if (isObject(event) && typeof event["bodyRaw"] === "string" && !("rawBody" in event)) {
    Object.defineProperty(event, "rawBody", { value: event["bodyRaw"], enumerable: false, writable: true });
  }
  return event;
}
