import ipaddr from "ipaddr.js";
import type { Env, EnvName } from "./env.ts";

/** Reads typed values out of the variables and gathers what is wrong with them, so that the user hears it all at once. */
export class EnvFields {
  readonly problems: string[] = [];
  readonly #values: Env["values"];

  constructor(env: Env) {
    this.#values = env.values;
  }

  problem(text: string): void {
    this.problems.push(text);
  }

  text(name: EnvName): string | null {
    return this.#values[name] ?? null;
  }

  /** A whole number within bounds. */
  integer(name: EnvName, options: { default: number; min: number; max: number }): number {
    const text = this.text(name);
    if (text === null) return options.default;
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= options.min && value <= options.max) return value;
    this.problem(`${name}: must be a whole number from ${options.min} to ${options.max}, not "${text}"`);
    return options.default;
  }

  /** A size such as `5mb`, `512kb` or plain bytes; in bytes. */
  sizeBytes(name: EnvName, options: { default: number; min: number; max: number }): number {
    const text = this.text(name);
    if (text === null) return options.default;
    const match = /^(\d+)(b|kb|mb|gb)?$/i.exec(text);
    const factor = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }[(match?.[2] ?? "b").toLowerCase()] ?? 1;
    const value = match ? Number(match[1]) * factor : Number.NaN;
    if (value >= options.min && value <= options.max) return value;
    this.problem(`${name}: must be a size such as 5mb, from ${options.min} to ${options.max} bytes, not "${text}"`);
    return options.default;
  }

  isSet(name: EnvName): boolean {
    const text = this.text(name)?.toLowerCase() ?? "false";
    if (["true", "1", "yes", "on"].includes(text)) return true;
    if (!["false", "0", "no", "off"].includes(text)) this.problem(`${name}: must be true or false, not "${text}"`);
    return false;
  }

  /** One of the given words. */
  choice<T extends string>(name: EnvName, choices: readonly T[]): T | null {
    const text = this.text(name);
    if (text === null) return null;
    const chosen = choices.find((choice) => choice === text);
    if (chosen === undefined) this.problem(`${name}: must be one of ${choices.join(", ")}, not "${text}"`);
    return chosen ?? null;
  }

  /** Comma-separated words. */
  list(name: EnvName): string[] | null {
    const words = this.text(name)
      ?.split(",")
      .map((word) => word.trim());
    return words?.filter((word) => word !== "") ?? null;
  }

  /** Addresses and ranges; a single address is a range of one. */
  cidrs(name: EnvName): string[] {
    return (this.list(name) ?? []).map((text) => {
      if (ipaddr.isValid(text)) return `${text}/${ipaddr.parse(text).kind() === "ipv4" ? 32 : 128}`;
      if (!ipaddr.isValidCIDR(text)) this.problem(`${name}: "${text}" is no address and no range such as 10.0.0.0/8`);
      return text;
    });
  }

  /** An http or https address, without a slash at its end. */
  httpUrl(name: EnvName): string | null {
    const text = this.text(name);
    if (text === null) return null;
    const url = URL.parse(text);
    const isGood = url !== null && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "";
    if (!isGood) this.problem(`${name}: must be an address such as https://millrace.example.com, not "${text}"`);
    return text.replace(/\/+$/, "");
  }
}
