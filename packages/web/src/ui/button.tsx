import type { ComponentProps } from "react";

const KINDS = {
  primary: "bg-accent text-accent-ink hover:opacity-90 border-transparent",
  plain: "bg-panel text-ink border-line hover:bg-raised",
  quiet: "bg-transparent text-muted border-transparent hover:bg-raised hover:text-ink",
  danger: "bg-panel text-bad border-line hover:bg-bad-soft",
};

interface ButtonProps extends ComponentProps<"button"> {
  kind?: keyof typeof KINDS;
  small?: boolean;
  isBusy?: boolean;
}

export function Button({ kind = "plain", small = false, isBusy = false, className = "", ...rest }: ButtonProps) {
  const size = small ? "h-7 px-2 text-xs" : "h-9 px-3 text-sm";
  return (
    <button
      type="button"
      aria-busy={isBusy}
      disabled={isBusy || rest.disabled}
      {...rest}
      className={`inline-flex items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap transition-colors disabled:opacity-55 ${size} ${KINDS[kind]} ${className}`}
    />
  );
}

interface IconButtonProps extends ComponentProps<"button"> {
  /** What it does: its name for screen readers, and its tooltip. */
  label: string;
}

export function IconButton({ label, className = "", ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={`inline-flex size-8 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink disabled:opacity-50 ${className}`}
    />
  );
}
