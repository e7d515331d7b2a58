import type { BuildFailure, Location, Message } from "esbuild";
import { ComponentCodeError } from "../invocation.ts";

/** Where in the user's own files something is wrong. */
export interface CodeLocation {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Code that does not parse, or asks for something that cannot be bundled. */
export class ComponentSyntaxError extends ComponentCodeError {
  override name = "ComponentSyntaxError";
  readonly location: CodeLocation | null;

  constructor(text: string, location: CodeLocation | null, options?: ErrorOptions) {
    const place = location && `${location.file}:${location.line}:${location.column}`;
    const message = place === null ? text : `${place}: ${text}`;
    super(message, place === null ? undefined : `SyntaxError: ${text}\n    at ${place}`, options);
    this.location = location;
  }
}

/** The user-facing form of esbuild's first complaint. */
export function syntaxErrorOf(message: Message, options?: ErrorOptions): ComponentSyntaxError {
  return new ComponentSyntaxError(message.text, locationOf(message.location), options);
}

/** Turns what esbuild threw into an error about the user's code; anything else is thrown on as it is. */
export function asCodeError(error: unknown): unknown {
  const first = isBuildFailure(error) ? error.errors[0] : undefined;
  if (first === undefined) return error;
  return first.detail instanceof ComponentCodeError ? first.detail : syntaxErrorOf(first, { cause: error });
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

function locationOf(location: Location | null): CodeLocation | null {
  return location && { file: location.file, line: location.line, column: location.column + 1 };
}
