import type { ServerResponse } from "node:http";
import type { ResponderOutcome } from "../../sources/index.ts";
import { answerOfComponent, answerProblem } from "./answer.ts";

export interface WorkflowAnswering {
  readonly response: ServerResponse;
  /** The endpoint lies on the host of the API and the dashboard. */
  readonly sharesOrigin: boolean;
}

const NEVER_RESPONDED = "No $.respond called in workflow";
const PAUSED = "$.respond() not called for this invocation";

/** The default answer of a workflow: its event is written down. */
export function answerWorkflowAccepted({ response, sharesOrigin }: WorkflowAnswering, docsUrl: string): void {
  const body = `<p><b>Success!</b></p>\n<p>To customize this response, check out our docs <a href="${docsUrl}">here</a></p>`;
  const headers = { "content-type": "text/html; charset=utf-8" };
  answerOfComponent(response, { answer: { status: 200, headers, body, isBase64: false }, sharesOrigin });
}

/** What the workflow made of a caller that waits for its own answer. */
export function answerWorkflowOutcome({ response, sharesOrigin }: WorkflowAnswering, outcome: ResponderOutcome): void {
  if (outcome.kind === "response") return answerOfComponent(response, { answer: outcome.response, sharesOrigin });
  const body = outcome.kind === "paused" ? PAUSED : NEVER_RESPONDED;
  const headers = { "content-type": "text/plain; charset=utf-8" };
  answerOfComponent(response, { answer: { status: 400, headers, body, isBase64: false }, sharesOrigin });
}

/** The token that the endpoint asks for is missing or wrong. */
export function answerUnauthorized(response: ServerResponse): void {
  response.setHeader("www-authenticate", "Bearer");
  const message = "This endpoint needs another token: `Authorization: Bearer <token>`";
  answerProblem(response, { status: 401, code: "unauthorized", message });
}
