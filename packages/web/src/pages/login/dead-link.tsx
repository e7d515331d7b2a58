import { MillraceError } from "@millrace/client";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useRead } from "../../api/index.ts";
import { LoginNotice } from "./frame.tsx";

/** Whether the server knows a link's token no more (or never did), as opposed to not answering. */
export function isDeadLink(error: unknown): boolean {
  return error instanceof MillraceError && [400, 401, 404].includes(error.status) && error.details.length === 0;
}

/** Instead of a reset form whose link is over. */
export function DeadResetLink() {
  const options = useRead("getLoginOptions", {});
  const canMail = options.data?.data.password_reset === true;
  return (
    <DeadLink
      title="This link no longer works"
      lead="It was used already, is older than an hour, or was not copied whole."
    >
      {canMail ? (
        <Link to="/forgot" className={BUTTON}>
          Get a new link
        </Link>
      ) : (
        <p className="text-sm">
          This instance sends no mail. Whoever runs it can make you a new link: by starting it once with{" "}
          <code className="text-xs">MILLRACE_RESET_PASSWORD_OF</code> set to your email.
        </p>
      )}
    </DeadLink>
  );
}

/** Instead of an invitation that is over. */
export function DeadInvitation() {
  return (
    <DeadLink
      title="This invitation no longer works"
      lead="It was accepted already, was withdrawn, is older than a week, or was not copied whole."
    >
      <p className="text-sm">
        If you have joined before, log in. Otherwise ask whoever invited you to send a new invitation: under Members, in
        the workspace's settings.
      </p>
    </DeadLink>
  );
}

const BUTTON = "flex h-9 items-center justify-center rounded-md border text-sm font-medium hover:bg-raised";

function DeadLink({ title, lead, children }: { title: string; lead: string; children: ReactNode }) {
  return (
    <LoginNotice title={title} lead={lead}>
      {children}
      <Link to="/login" className={BUTTON}>
        Log in
      </Link>
    </LoginNotice>
  );
}
