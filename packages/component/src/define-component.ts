import type { App, DefinedProp, Props } from "./props.ts";
import type { ActionContext, DataStore, HttpRequest, SqlQuery } from "./action.ts";
import type { FileStore } from "./files.ts";
import type { AppInstance, Db, Emit, HttpInterface } from "./services.ts";

interface ValueByType {
  string: string;
  "string[]": string[];
  integer: number;
  "integer[]": number[];
  boolean: boolean;
  "boolean[]": boolean[];
  object: Record<string, unknown>;
  any: unknown;
  data_store: DataStore;
  http_request: HttpRequest;
  sql: SqlQuery;
  dir: FileStore;
  alert: undefined;
  "$.interface.http": HttpInterface;
  "$.interface.timer": { type: "$.interface.timer" };
  "$.service.db": Db;
}
type ValueOfType<T> = T extends keyof ValueByType ? ValueByType[T] : unknown;

/** What a prop is on `this`. */
export type PropValue<P> = P extends string
  ? ValueOfType<P>
  : P extends App<infer Methods>
    ? AppInstance & Methods
    : P extends DefinedProp
      ? P extends { type: infer T }
        ? ValueOfType<T>
        : unknown
      : P extends { type: infer T; optional: true }
        ? ValueOfType<T> | undefined
        : P extends { type: infer T }
          ? ValueOfType<T>
          : unknown;
export type PropValues<P> = { -readonly [Name in keyof P]: PropValue<P[Name]> };

/** `this` in every function of a component. */
export type ComponentThis<P, M> = PropValues<P> & M;

interface Described<P, M> {
  /** Unique name, by custom `app-verb-noun`. */
  key?: string;
  name?: string;
  version?: string;
  description?: string;
  props?: P;
  methods?: M;
  additionalProps?(previous: Props): Props | Promise<Props>;
}

export interface Source<P, M> extends Described<P, M> {
  type?: "source";
  dedupe?: "unique" | "greatest" | "last";
  /** An example of an event. */
  sampleEmit?: unknown;
  hooks?: { deploy?(): unknown; activate?(): unknown; deactivate?(): unknown };
  /** Called for each event of its interfaces and subscriptions. Without it, events are emitted as they are. */
  run?(event: Record<string, unknown>): unknown;
}

export interface Action<P, M> extends Described<P, M> {
  type: "action";
  run(argument: { $: ActionContext; steps: Record<string, unknown> }): unknown;
}

/**
 * Gives a component its types; at run time it returns what it is given. Plain objects work as well.
 * @param component a source (the default) or an action.
 */
export function defineComponent<const P extends Props, M extends object = object>(
  component: Source<P, M> & ThisType<ComponentThis<P, M> & { $emit: Emit }>,
): Source<P, M>;
export function defineComponent<const P extends Props, M extends object = object>(
  component: Action<P, M> & ThisType<ComponentThis<P, M>>,
): Action<P, M>;
export function defineComponent(component: unknown): unknown {
  return component;
}

/**
 * Gives an app its types; at run time it returns what it is given.
 * @param app its methods see `$auth` and each other on `this`.
 */
export function defineApp<M extends object>(app: App<M> & ThisType<AppInstance & M>): App<M> {
  return app;
}
