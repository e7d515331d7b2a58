import { Checkbox, Field, TextInput } from "../../ui/index.ts";

interface RetryFieldsProps {
  retry: object | null;
  onChange(retry: object | null): void;
}

const STANDARD = { max_attempts: 3, backoff_s: 5, factor: 2, max_backoff_s: 300 };

/** Whether and how often a step that fails is tried again. */
export function RetryFields({ retry, onChange }: RetryFieldsProps) {
  const policy = { ...STANDARD, ...retry };
  return (
    <fieldset className="flex flex-col gap-3 border-t pt-3">
      <Checkbox
        label="Try again when it fails"
        checked={retry !== null}
        onChange={(event) => onChange(event.target.checked ? STANDARD : null)}
      />
      {retry !== null && (
        <div className="flex flex-wrap gap-3">
          <NumberField
            label="Attempts in all"
            value={policy.max_attempts}
            onChange={(max_attempts) => onChange({ ...policy, max_attempts })}
          />
          <NumberField
            label="First wait (s)"
            value={policy.backoff_s}
            onChange={(backoff_s) => onChange({ ...policy, backoff_s })}
          />
          <NumberField
            label="Times longer each"
            value={policy.factor}
            onChange={(factor) => onChange({ ...policy, factor })}
          />
        </div>
      )}
    </fieldset>
  );
}

function NumberField({ label, value, onChange }: { label: string; value: number; onChange(value: number): void }) {
  return (
    <Field label={label}>
      {(ids) => (
        <TextInput
          {...ids}
          type="number"
          min={1}
          className="w-32!"
          value={value}
          onChange={(event) => onChange(Number(event.target.value))}
        />
      )}
    </Field>
  );
}
