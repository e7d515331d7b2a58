import type { Json, JsonObject } from "@millrace/runner";
import type { ErrorDetail } from "../../core/index.ts";
import { isRecord } from "../../sources/index.ts";

/** Collects what is wrong with a definition, so that all of it can be told at once. */
export class Problems {
  readonly found: ErrorDetail[] = [];

  add(path: string, message: string): void {
    this.found.push({ path, message });
  }

  /** Adds what is wrong with configured props, told by their own paths, under the path that they have here. */
  addOfProps(path: string, problems: readonly ErrorDetail[]): void {
    for (const problem of problems) this.add(path + problem.path.slice("configured_props".length), problem.message);
  }
}

/** Reads the fields of an object that came from outside, naming each that is not what it should be. */
export class Fields {
  readonly path: string;
  readonly #values: JsonObject;
  readonly #problems: Problems;

  constructor(values: JsonObject, { path, problems }: { path: string; problems: Problems }) {
    this.#values = values;
    this.path = path;
    this.#problems = problems;
  }

  /** Fields of a value that should be an object; null and a problem when it is none. */
  static of(value: unknown, where: { path: string; problems: Problems }): Fields | null {
    if (isRecord(value)) return new Fields(value, where);
    where.problems.add(where.path, "must be an object");
    return null;
  }

  get names(): string[] {
    return Object.keys(this.#values);
  }

  pathOf(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }

  problem(name: string, message: string): void {
    this.#problems.add(this.pathOf(name), message);
  }

  /** Undefined when absent or null. */
  raw(name: string): Json | undefined {
    return (Object.hasOwn(this.#values, name) ? this.#values[name] : undefined) ?? undefined;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name) && this.#values[name] !== undefined;
  }

  text(name: string, { maxLength = 1_000 }: { maxLength?: number } = {}): string | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value === "string" && value.length > 0 && value.length <= maxLength) return value;
    this.problem(name, `must be a string of 1 to ${maxLength} characters`);
    return undefined;
  }

  truth(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === "boolean") return value;
    this.problem(name, "must be true or false");
    return undefined;
  }

  whole(name: string, bounds: { min: number; max: number }): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const isWhole = typeof value === "number" && Number.isInteger(value);
    if (isWhole && value >= bounds.min && value <= bounds.max) return value;
    this.problem(name, `must be a whole number between ${bounds.min} and ${bounds.max}`);
    return undefined;
  }

  number(name: string, bounds: { min: number; max: number }): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value === "number" && value >= bounds.min && value <= bounds.max) return value;
    this.problem(name, `must be a number between ${bounds.min} and ${bounds.max}`);
    return undefined;
  }

  record(name: string): JsonObject | undefined {
    const value = this.raw(name);
    if (value === undefined || isRecord(value)) return value;
    this.problem(name, "must be an object");
    return undefined;
  }

  list(name: string): Json[] | undefined {
    const value = this.raw(name);
    if (value === undefined || Array.isArray(value)) return value;
    this.problem(name, "must be a list");
    return undefined;
  }

  /** Fields of an object that lies in this one. */
  inner(name: string): Fields | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    return Fields.of(value, { path: this.pathOf(name), problems: this.#problems }) ?? undefined;
  }

  /** Names every field that nobody reads. */
  refuseOthers(known: readonly string[]): void {
    for (const name of this.names) if (!known.includes(name)) this.problem(name, "is not known here");
  }
}
