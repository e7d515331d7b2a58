import { isObject } from "../definition/index.ts";
import { asText, toJson } from "../safe-json.ts";
import type { Expression, Template } from "./template.ts";

/** What expressions see: `steps`, `event` and `process.env`. */
export class ExpressionScope {
  readonly #readSteps: () => unknown;
  readonly #process: object;
  #hasReadEnvironment = false;

  /** @param readSteps is called for each expression. */
  constructor(readSteps: () => unknown, envVars: Readonly<Record<string, string>>) {
    this.#readSteps = readSteps;
    const noteRead = (): void => void (this.#hasReadEnvironment = true);
    this.#process = {
      get env() {
        noteRead();
        return envVars;
      },
    };
  }

  /** @throws whatever the expression throws. */
  evaluate(expression: Expression): Evaluated {
    this.#hasReadEnvironment = false;
    const steps = this.#readSteps();
    const trigger = isObject(steps) ? steps["trigger"] : undefined;
    const event = isObject(trigger) ? trigger["event"] : undefined;
    const value = expression.evaluate(steps, event, this.#process);
    return { value, isSecret: this.#hasReadEnvironment };
  }

  /** A text that is one expression keeps the value's type, as JSON has it; several become one text. */
  fillIn({ parts, whole }: Template): { value: unknown; shown: unknown } {
    if (whole) {
      const { value, isSecret } = this.evaluate(whole);
      const plain = toPlain(value);
      return { value: plain, shown: isSecret ? whole.text : plain };
    }
    const filled = parts.map((part) => {
      if (typeof part === "string") return { text: part, shown: part };
      const { value, isSecret } = this.evaluate(part);
      const text = asText(toPlain(value));
      return { text, shown: isSecret ? part.text : text };
    });
    return { value: filled.map(({ text }) => text).join(""), shown: filled.map(({ shown }) => shown).join("") };
  }
}

export interface Evaluated {
  readonly value: unknown;
  /** True when it may hold something of the environment. */
  readonly isSecret: boolean;
}

/** Objects become copies without code, so that what a step does to its props does not change `steps`. */
function toPlain(value: unknown): unknown {
  if (typeof value === "object" && value !== null) return toJson(value);
  if (typeof value === "bigint") return String(value);
  return typeof value === "function" || typeof value === "symbol" ? undefined : value;
}
