import type { Invocation } from "../../invocation.ts";
import type { LoadedComponent, UserObject } from "../definition/index.ts";
import type { Blueprint } from "../instance/index.ts";
import { describeProps, runAdditionalProps } from "./additional-props.ts";
import { listOptions } from "./options.ts";
import { callHook, runComponent } from "./run.ts";

/** Does what an invocation asks; what it returns, or the promise of it, becomes the return value. Throws what user code throws. */
export function perform(
  component: LoadedComponent,
  invocation: Invocation,
  { blueprint, instance }: { blueprint: Blueprint; instance: UserObject },
): unknown {
  switch (invocation.kind) {
    case "run":
      return runComponent(component, invocation, instance);
    case "hook":
      return callHook(component, invocation, instance);
    case "options":
      return listOptions(component, invocation, { blueprint, instance });
    case "additionalProps":
      return runAdditionalProps(component, invocation.dynamicProps ?? [], instance).then(describeProps);
  }
}
