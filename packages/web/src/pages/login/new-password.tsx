import { Field, TextInput } from "../../ui/index.ts";

interface NewPasswordProps {
  value: string;
  onChange(value: string): void;
}

const MIN_LENGTH = 10;

export function NewPassword({ value, onChange }: NewPasswordProps) {
  return (
    <Field label="Password" hint={`At least ${MIN_LENGTH} characters; a sentence is fine.`}>
      {(ids) => (
        <TextInput
          {...ids}
          type="password"
          autoComplete="new-password"
          minLength={MIN_LENGTH}
          required
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

interface EmailInputProps extends NewPasswordProps {
  isFixed?: boolean;
}

export function EmailInput({ value, onChange, isFixed = false }: EmailInputProps) {
  return (
    <Field label="Email">
      {(ids) => (
        <TextInput
          {...ids}
          type="email"
          autoComplete="email"
          required
          readOnly={isFixed}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
