import { ScriptError } from "../execution/index.ts";
import { parseExactJson } from "./exact-json.ts";

const START = /^([^:=\s]+):json=(.*)$/;

/**
 * Reads what a script wrote to its exports file: `name:json=<json>`, one a line; JSON may go on over further lines.
 * @returns pairs in their order. @throws ScriptError for what is no such line or no JSON.
 */
export function readExports(text: string): [name: string, value: unknown][] {
  const parts: [name: string, json: string][] = [];
  for (const line of text.split("\n")) {
    const [, name, json] = START.exec(line) ?? [];
    const last = parts.at(-1);
    if (name !== undefined && json !== undefined) parts.push([name, json]);
    else if (last) last[1] += `\n${line}`;
    else if (line.trim() !== "") throw failure(`"${clip(line)}" is no export: write NAME:json=JSON.`);
  }
  return parts.map(([name, json]) => [name, parse(name, json)]);
}

function parse(name: string, json: string): unknown {
  try {
    return parseExactJson(json);
  } catch {
    throw failure(`The export "${name}" is not JSON: ${clip(json.trim())}`);
  }
}

function failure(message: string): ScriptError {
  return new ScriptError(message, { name: "ExportError" });
}

function clip(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
