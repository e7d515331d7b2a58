import { TextArea } from "../ui/index.ts";
import { choicesOf, type ComponentProp } from "./component-prop.ts";

interface TextListProps {
  ids: { id: string };
  prop: ComponentProp;
  value: unknown;
  onChange(value: unknown): void;
}

/** A list: one item a line, or boxes to tick when there are only so many. An expression stands for the whole list. */
export function TextList({ ids, prop, value, onChange }: TextListProps) {
  const choices = choicesOf(prop);
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  if (choices !== null) {
    return (
      <div id={ids.id} role="group" className="flex flex-wrap gap-x-4 gap-y-1">
        {choices.map((choice) => {
          const has = items.includes(choice.value);
          const next = has ? items.filter((item) => item !== choice.value) : [...items, choice.value];
          return (
            <label key={choice.label} className="inline-flex items-center gap-2 text-sm">
              <input
                type="checkbox"
                checked={has}
                onChange={() => onChange(next)}
                className="size-4 accent-(--accent)"
              />
              {choice.label}
            </label>
          );
        })}
      </div>
    );
  }
  const text = typeof value === "string" ? value : items.map(String).join("\n");
  const change = (next: string): void => {
    if (next === "") onChange(undefined);
    else if (/^\{\{.*\}\}$/s.test(next.trim())) onChange(next.trim());
    else onChange(next.split("\n").map((line) => (prop.type === "integer[]" && line !== "" ? Number(line) : line)));
  };
  return (
    <TextArea {...ids} placeholder="One item a line" value={text} onChange={(event) => change(event.target.value)} />
  );
}
