import type { ReactNode } from "react";
import { Checkbox, Field, Select, TextArea, TextInput } from "../ui/index.ts";
import { AccountInput } from "./account-input.tsx";
import { choicesOf, labelOf, type Choice, type ComponentProp } from "./component-prop.ts";
import { DataStoreInput } from "./data-store-input.tsx";
import { JsonInput } from "./json-input.tsx";
import { TextList } from "./text-list.tsx";
import { TimerInput } from "./timer-input.tsx";

/** Paths that an expression may read, e.g. `steps.trigger.event.body`. */
export type Suggest = () => readonly string[];

interface PropFieldProps {
  prop: ComponentProp;
  value: unknown;
  onChange(value: unknown): void;
  suggest?: Suggest | undefined;
}

type Ids = Parameters<Parameters<typeof Field>[0]["children"]>[0];

export function PropField(props: PropFieldProps) {
  const { prop } = props;
  if (prop.type === "alert")
    return <p className="rounded-md bg-info-soft px-4 py-2 text-sm text-info">{prop.content}</p>;
  if (prop.type === "boolean") {
    return (
      <Checkbox
        label={labelOf(prop)}
        checked={props.value === true}
        onChange={(event) => props.onChange(event.target.checked)}
      />
    );
  }
  return (
    <Field label={labelOf(prop)} hint={plain(prop.description)} isOptional={prop.optional === true}>
      {(ids) => inputOf(props, ids)}
    </Field>
  );
}

function inputOf({ prop, value, onChange, suggest }: PropFieldProps, ids: Ids): ReactNode {
  const choices = choicesOf(prop);
  if (prop.type === "app")
    return <AccountInput ids={ids} app={prop.app ?? prop.name} value={value} onChange={onChange} />;
  if (prop.type === "$.interface.timer") return <TimerInput ids={ids} value={value} onChange={onChange} />;
  if (prop.type === "data_store") return <DataStoreInput ids={ids} value={value} onChange={onChange} />;
  if (choices !== null && !prop.type.endsWith("[]"))
    return <Choices ids={ids} choices={choices} value={value} onChange={onChange} />;
  if (prop.type.endsWith("[]")) return <TextList ids={ids} prop={prop} value={value} onChange={onChange} />;
  if (prop.type === "object" || prop.type === "any" || prop.type === "http_request" || prop.type === "sql") {
    return <JsonInput ids={ids} value={value} onChange={onChange} />;
  }
  if (prop.type === "integer") return <NumberInput ids={ids} prop={prop} value={value} onChange={onChange} />;
  return <Text ids={ids} prop={prop} value={value} onChange={onChange} suggest={suggest} />;
}

interface InputProps {
  ids: Ids;
  value: unknown;
  onChange(value: unknown): void;
}

/** A number, or an expression that gives one. */
function NumberInput({ ids, prop, value, onChange }: InputProps & { prop: ComponentProp }) {
  const change = (text: string): void => {
    const number = Number(text);
    onChange(text === "" ? undefined : Number.isFinite(number) ? number : text);
  };
  return (
    <TextInput
      {...ids}
      inputMode="numeric"
      placeholder={prop.min !== undefined && prop.max !== undefined ? `${prop.min} to ${prop.max}` : ""}
      value={typeof value === "number" || typeof value === "string" ? value : ""}
      onChange={(event) => change(event.target.value)}
    />
  );
}

function Choices({ ids, choices, value, onChange }: InputProps & { choices: readonly Choice[] }) {
  const index = choices.findIndex((choice) => choice.value === value);
  return (
    <Select {...ids} value={String(index)} onChange={(event) => onChange(choices[Number(event.target.value)]?.value)}>
      <option value="-1">Choose…</option>
      {choices.map((choice, at) => (
        <option key={choice.label} value={at}>
          {choice.label}
        </option>
      ))}
    </Select>
  );
}

const LONG = 80;

function Text({
  ids,
  prop,
  value,
  onChange,
  suggest,
}: InputProps & { prop: ComponentProp; suggest: Suggest | undefined }) {
  const text = typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
  const change = (next: string): void => onChange(next === "" ? undefined : next);
  if (prop.secret === true) {
    return (
      <TextInput
        {...ids}
        type="password"
        autoComplete="off"
        value={text}
        onChange={(event) => change(event.target.value)}
      />
    );
  }
  if (text.length > LONG || text.includes("\n")) {
    return <TextArea {...ids} value={text} onChange={(event) => change(event.target.value)} />;
  }
  const listId = `${ids.id}-paths`;
  return (
    <>
      <TextInput
        {...ids}
        {...(suggest && { list: listId, placeholder: "Text, or {{ steps.… }}" })}
        value={text}
        onChange={(event) => change(event.target.value)}
      />
      {suggest && (
        <datalist id={listId}>
          {suggest().map((path) => (
            <option key={path} value={`{{ ${path} }}`} />
          ))}
        </datalist>
      )}
    </>
  );
}

/** Descriptions are Markdown of strangers: shown as the plain text they hold, links by their words. */
function plain(description: string | undefined): string | undefined {
  return description?.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[*`]/g, "");
}
