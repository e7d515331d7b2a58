import { Trash2 } from "lucide-react";
import { CodeEditor } from "../../code/index.ts";
import { PropsForm } from "../../props/index.ts";
import { Button, Checkbox, Field, Panel, TextInput } from "../../ui/index.ts";
import { BlockFields } from "./block-fields.tsx";
import { completionsOf } from "./completions.ts";
import type { CodeDraft, StepDraft } from "./draft.ts";
import { RetryFields } from "./retry-fields.tsx";

interface StepEditorProps {
  step: StepDraft;
  /** Paths that expressions and code may read here. */
  suggest(): readonly string[];
  onChange(step: StepDraft): void;
  onRemove(): void;
}

export function StepEditor({ step, suggest, onChange, onRemove }: StepEditorProps) {
  return (
    <Panel
      title={step.namespace}
      actions={
        <Button small kind="danger" onClick={onRemove}>
          <Trash2 aria-hidden className="size-3.5" />
          Remove
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="Name" hint={`Later steps read its results as steps.${step.namespace}`}>
          {(ids) => (
            <TextInput
              {...ids}
              pattern="[A-Za-z_][A-Za-z0-9_]*"
              value={step.namespace}
              onChange={(event) => onChange({ ...step, namespace: event.target.value })}
            />
          )}
        </Field>
        {step.kind === "code" ? (
          <CodeFields step={step} suggest={suggest} onChange={onChange} />
        ) : (
          <BlockFields block={step} suggest={suggest} onChange={onChange} />
        )}
        <Checkbox
          label="Leave this step out"
          checked={step.isDisabled}
          onChange={(event) => onChange({ ...step, isDisabled: event.target.checked })}
        />
      </div>
    </Panel>
  );
}

interface CodeFieldsProps {
  step: CodeDraft;
  suggest(): readonly string[];
  onChange(step: CodeDraft): void;
}

function CodeFields({ step, suggest, onChange }: CodeFieldsProps) {
  const { code, component } = step;
  return (
    <>
      {code !== null && (
        <CodeEditor
          label={`Code of ${step.namespace}`}
          lang={code.lang === "python3.12" ? "python" : code.lang === "bash" ? "text" : "javascript"}
          value={code.text}
          minHeight="18rem"
          completions={completionsOf}
          onChange={(text) => onChange({ ...step, code: { ...code, text } })}
        />
      )}
      {component !== null && (
        <PropsForm
          props={component.props}
          values={step.props}
          suggest={suggest}
          onChange={(props) => onChange({ ...step, props })}
        />
      )}
      <RetryFields retry={step.retry} onChange={(retry) => onChange({ ...step, retry })} />
    </>
  );
}
