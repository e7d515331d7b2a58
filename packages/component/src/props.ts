/** A value in a list of options: itself, or with a label to show. */
export type Option = string | number | boolean | { label: string; value: unknown };

export interface OptionsArgument {
  /** Counts from 0. */
  page: number;
  /** `context` of the previous page's result; `{}` on the first page. */
  prevContext: Record<string, unknown>;
  /** What the user typed, when the prop has `useQuery`. */
  query?: string;
  [fromPropDefinition: string]: unknown;
}
export type OptionsResult = Option[] | { options: Option[]; context?: Record<string, unknown> } | undefined;
export type Options = readonly Option[] | ((argument: OptionsArgument) => OptionsResult | Promise<OptionsResult>);

interface PropFields {
  label?: string;
  description?: string;
  /** Absent means required. */
  optional?: boolean;
  hidden?: boolean;
  disabled?: boolean;
  /** Setting the prop runs `additionalProps` again. */
  reloadProps?: boolean;
  default?: unknown;
}

/** A prop that a person or the API gives a value. */
export interface InputProp extends PropFields {
  type: "string" | "string[]" | "integer" | "integer[]" | "boolean" | "boolean[]" | "object" | "any";
  options?: Options;
  /** The typed text is passed to `options` as `query`. */
  useQuery?: boolean;
  /** The value arrives as `{label, value}`. */
  withLabel?: boolean;
  /** Encrypted where it is stored. */
  secret?: boolean;
  min?: number;
  max?: number;
}

/** An app: which accounts it takes, props that components of the app share, and its methods. */
export interface App<Methods = object> {
  type: "app";
  app: string;
  propDefinitions?: Record<string, Prop>;
  methods?: Methods;
}

export interface TimerProp extends PropFields {
  type: "$.interface.timer";
  default?: { intervalSeconds: number } | { cron: string };
  /** A schedule that the user cannot change. */
  static?: { intervalSeconds: number } | { cron: string };
}

export interface HttpProp extends PropFields {
  type: "$.interface.http";
  /** The caller waits for `respond`. */
  customResponse?: boolean;
}

export interface DbProp extends PropFields {
  type: "$.service.db";
}

export interface AlertProp extends PropFields {
  type: "alert";
  alertType?: "info" | "neutral" | "warning" | "error";
  /** Markdown. */
  content: string;
}

export interface DataStoreProp extends PropFields {
  type: "data_store";
}

export interface HttpRequestProp extends PropFields {
  type: "http_request";
}

/** A query whose expressions become its parameters. */
export interface SqlProp extends PropFields {
  type: "sql";
  /** The app of the database. */
  auth?: { app: string };
}

/** A directory of the file store. */
export interface DirProp extends PropFields {
  type: "dir";
  accessMode?: "read" | "write" | "read-write";
  sync?: boolean;
}

/** Takes the fields of a prop definition of an app; fields given beside it win. */
export type DefinedProp = Partial<Omit<InputProp, "type">> & {
  type?: InputProp["type"];
  propDefinition:
    | readonly [app: App, name: string]
    | readonly [app: App, name: string, argument: (configured: Record<string, unknown>) => Record<string, unknown>];
};

/** Instead of an object with nothing but a type, the type's name is enough. */
export type Prop =
  | InputProp
  | App
  | TimerProp
  | HttpProp
  | DbProp
  | AlertProp
  | DataStoreProp
  | HttpRequestProp
  | SqlProp
  | DirProp
  | DefinedProp
  | (InputProp | TimerProp | HttpProp | DbProp | DataStoreProp | HttpRequestProp | SqlProp | DirProp)["type"];

export type Props = Record<string, Prop>;
