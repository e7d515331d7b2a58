import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { CallReply } from "@millrace/client";
import { csrf } from "../../api/index.ts";

/** Takes the session that a login answered, and goes to the page that was asked for. */
export function useEnter(next: string | undefined): (reply: CallReply<"logIn">) => void {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return ({ data }) => {
    csrf.token = data.csrf_token;
    queries.clear();
    queries.setQueryData(["session"], data);
    // Only paths of this instance: a link must not send people who log in elsewhere.
    const to = next?.startsWith("/") === true && !next.startsWith("//") ? next : "/";
    void navigate({ to, replace: true });
  };
}

/** The one-time token of a link, which stands behind the `#` so that no server's log ever holds it. */
export function tokenOfLink(): string {
  return location.hash.replace(/^#(token=)?/, "");
}
