import { useId, type ComponentProps, type ReactNode } from "react";

export const INPUT_CLASS =
  "w-full rounded-md border border-line bg-panel px-3 h-9 text-sm text-ink placeholder:text-muted disabled:opacity-60";

interface FieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | null | undefined;
  isOptional?: boolean;
  /** Gets the ids that tie the input to its label and description. */
  children(ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }): ReactNode;
}

/** A labelled input with its hint and its error. */
export function Field({ label, hint, error, isOptional, children }: FieldProps) {
  const id = useId();
  const described = error != null || hint != null;
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
        {isOptional === true && <span className="ml-1 font-normal text-muted">(optional)</span>}
      </label>
      {children({
        id,
        ...(described && { "aria-describedby": `${id}-note` }),
        ...(error != null && { "aria-invalid": true as const }),
      })}
      {described && (
        <p id={`${id}-note`} className={`text-xs ${error != null ? "text-bad" : "text-muted"}`}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

export function TextInput({ className = "", ...rest }: ComponentProps<"input">) {
  return <input {...rest} className={`${INPUT_CLASS} ${className}`} />;
}

export function TextArea({ className = "", ...rest }: ComponentProps<"textarea">) {
  return <textarea {...rest} className={`${INPUT_CLASS} h-auto min-h-20 py-2 font-mono ${className}`} />;
}

export function Select({ className = "", ...rest }: ComponentProps<"select">) {
  return <select {...rest} className={`${INPUT_CLASS} pr-8 ${className}`} />;
}

interface CheckboxProps extends Omit<ComponentProps<"input">, "type"> {
  label: ReactNode;
}

export function Checkbox({ label, className = "", ...rest }: CheckboxProps) {
  return (
    <label className={`inline-flex items-center gap-2 text-sm ${className}`}>
      <input type="checkbox" {...rest} className="size-4 accent-(--accent)" />
      {label}
    </label>
  );
}
