/** What the author of a component may import: types of props, `this` and `$`, and functions that apply them. */
export { defineApp, defineComponent } from "./define-component.ts";
export type { Action, ComponentThis, PropValue, PropValues, Source } from "./define-component.ts";
export type {
  AlertProp,
  App,
  DataStoreProp,
  DbProp,
  DefinedProp,
  HttpProp,
  InputProp,
  Option,
  Options,
  OptionsArgument,
  OptionsResult,
  Prop,
  Props,
  TimerProp,
} from "./props.ts";
export type {
  ActionContext,
  AppInstance,
  DataStore,
  Db,
  Emit,
  EmitMetadata,
  HttpInterface,
  HttpReply,
} from "./services.ts";
