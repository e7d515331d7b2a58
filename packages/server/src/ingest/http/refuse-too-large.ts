import type { IncomingMessage, ServerResponse } from "node:http";
import { answerProblem } from "./answer.ts";

const LINGER_MS = 1_000;

/**
 * Answers 413 and closes. What the sender still has on its way is read and dropped for a moment: closing at once would
 * reset the connection, and the answer would be lost with it.
 */
export function refuseTooLarge(exchange: {
  request: IncomingMessage;
  response: ServerResponse;
  limitBytes: number;
}): void {
  const { request, response, limitBytes } = exchange;
  request.removeAllListeners("data");
  request.resume();
  answerProblem(response, {
    status: 413,
    code: "too_large",
    message: `A body may have ${limitBytes} bytes; larger ones take the header x-pd-upload-body: 1`,
  });
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS);
  timer.unref();
  request.once("close", () => clearTimeout(timer));
}
