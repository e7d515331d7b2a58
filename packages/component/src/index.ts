/** What the author of a component may import: types of props, `this` and `$`, and functions that apply them. */
export { defineApp, defineComponent } from "./define-component.ts";
export type { Action, ComponentThis, PropValue, PropValues, Source } from "./define-component.ts";
export type {
  AlertProp,
  App,
  DataStoreProp,
  DbProp,
  DefinedProp,
  DirProp,
  HttpProp,
  HttpRequestProp,
  InputProp,
  Option,
  Options,
  OptionsArgument,
  OptionsResult,
  Prop,
  Props,
  SqlProp,
  TimerProp,
} from "./props.ts";
export type { ActionContext, DataStore, Flow, FlowUrls, HttpRequest, Send, SqlQuery } from "./action.ts";
export type { FileStore, StoredFile } from "./files.ts";
export type { AppInstance, Db, Emit, EmitMetadata, HttpInterface, HttpReply } from "./services.ts";
