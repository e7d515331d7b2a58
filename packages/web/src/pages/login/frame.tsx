import type { ReactNode, SubmitEvent } from "react";
import { Logo } from "../../shell/index.ts";
import { Button, ErrorNote } from "../../ui/index.ts";

interface LoginFrameProps {
  title: string;
  lead?: ReactNode;
  /** What the button says. */
  action: string;
  isBusy: boolean;
  error: unknown;
  onSubmit(): void;
  children: ReactNode;
  footer?: ReactNode;
}

/** The page of all forms by which people come in: one card in the middle. */
export function LoginFrame({ title, lead, action, isBusy, error, onSubmit, children, footer }: LoginFrameProps) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <LoginPlace>
      <form onSubmit={submit} className={CARD}>
        <Heading title={title} lead={lead} />
        {children}
        {error != null && <ErrorNote error={error} />}
        <Button type="submit" kind="primary" isBusy={isBusy}>
          {action}
        </Button>
      </form>
      {footer !== undefined && <div className="text-center text-sm text-muted">{footer}</div>}
    </LoginPlace>
  );
}

/** The same place for what is no form. */
export function LoginNotice({ title, lead, children }: Pick<LoginFrameProps, "title" | "lead" | "children">) {
  return (
    <LoginPlace>
      <section className={CARD}>
        <Heading title={title} lead={lead} />
        {children}
      </section>
    </LoginPlace>
  );
}

const CARD = "flex flex-col gap-4 rounded-xl border bg-panel p-6 shadow-sm";

function LoginPlace({ children }: { children: ReactNode }) {
  return (
    <main className="flex min-h-full items-center justify-center px-4 py-10">
      <div className="flex w-full max-w-sm flex-col gap-5">
        <Logo />
        {children}
      </div>
    </main>
  );
}

function Heading({ title, lead }: { title: string; lead: ReactNode }) {
  return (
    <div>
      <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
      {lead !== undefined && <p className="mt-1 text-sm text-muted">{lead}</p>}
    </div>
  );
}
