import type { FastifyReply } from "fastify";
import { html } from "./html.ts";
import { page, sendPage } from "./page.ts";

/** Says to a person in front of a browser why logging in over a provider did not work, and how to go on. */
export function sendLoginProblem(reply: FastifyReply, problem: { message: string; requestId: string }): FastifyReply {
  const body = html`<p class="notice bad" role="alert">${problem.message}.</p>
    <a class="button" href="/login">Back to the login</a>
    <footer>Request: <code>${problem.requestId}</code></footer>`;
  return sendPage(reply, page({ title: "Not logged in", body }));
}
