import { useState } from "react";
import { Button } from "../ui/index.ts";
import { needsInput, propsOf, type ComponentProp } from "./component-prop.ts";
import { PropField, type Suggest } from "./prop-field.tsx";

interface PropsFormProps {
  props: readonly object[];
  values: Readonly<Record<string, unknown>>;
  onChange(values: Record<string, unknown>): void;
  /** Steps of workflows: texts may hold `{{ … }}`; this names what may stand in them. */
  suggest?: Suggest | undefined;
}

/** Required props first; optional ones are added when they are wanted. */
export function PropsForm({ props, values, onChange, suggest }: PropsFormProps) {
  const shown = propsOf(props).filter(needsInput);
  const [opened, setOpened] = useState<readonly string[]>([]);
  const isVisible = (prop: ComponentProp): boolean =>
    prop.optional !== true || values[prop.name] !== undefined || opened.includes(prop.name);
  const set = (name: string, value: unknown): void => {
    const { [name]: _former, ...rest } = values;
    onChange(value === undefined ? rest : { ...rest, [name]: value });
  };
  const hidden = shown.filter((prop) => !isVisible(prop));
  if (shown.length === 0) return <p className="text-sm text-muted">This component needs no configuration.</p>;
  return (
    <div className="flex flex-col gap-4">
      {shown.filter(isVisible).map((prop) => (
        <PropField
          key={prop.name}
          prop={prop}
          value={values[prop.name]}
          onChange={(value) => set(prop.name, value)}
          suggest={suggest}
        />
      ))}
      {hidden.length > 0 && (
        <div className="flex flex-wrap items-center gap-2 border-t pt-3">
          <span className="text-xs text-muted">Optional:</span>
          {hidden.map((prop) => (
            <Button key={prop.name} small onClick={() => setOpened([...opened, prop.name])}>
              + {prop.label ?? prop.name}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}
