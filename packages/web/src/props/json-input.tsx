import { useState } from "react";
import { TextArea } from "../ui/index.ts";

interface JsonInputProps {
  ids: { id: string };
  value: unknown;
  onChange(value: unknown): void;
}

/** JSON as text; an expression stays a text. What cannot be read yet is kept in the box, not in the value. */
export function JsonInput({ ids, value, onChange }: JsonInputProps) {
  const [text, setText] = useState(() => textOf(value));
  const [isBad, setIsBad] = useState(false);
  const change = (next: string): void => {
    setText(next);
    const read = readJson(next);
    setIsBad(read === null);
    if (read !== null) onChange(read.value);
  };
  return (
    <>
      <TextArea {...ids} aria-invalid={isBad} rows={4} value={text} onChange={(event) => change(event.target.value)} />
      {isBad && <p className="text-xs text-bad">This is no JSON yet.</p>}
    </>
  );
}

function textOf(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" && value.includes("{{") ? value : JSON.stringify(value, null, 2);
}

function readJson(text: string): { value: unknown } | null {
  const trimmed = text.trim();
  if (trimmed === "") return { value: undefined };
  if (/^\{\{.*\}\}$/s.test(trimmed)) return { value: trimmed };
  try {
    return { value: JSON.parse(trimmed) };
  } catch {
    return null;
  }
}
