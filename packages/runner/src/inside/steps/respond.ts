import { Readable } from "node:stream";
import type { HttpResponse } from "../../invocation.ts";
import { isObject } from "../definition/index.ts";
import type { InvocationScope } from "../execution/index.ts";
import { readResponse } from "../instance/index.ts";

const MAX_BODY_BYTES = 6 * 1024 * 1024;

export type Answer = (response: HttpResponse, options: { immediate: boolean }) => void;
export type Respond = (response?: unknown) => Promise<void>;

/**
 * Makes `$.respond` of one step: the first call counts. A stream is read here, so its call must be awaited.
 * @param answer hands the response to the parent.
 */
export function createRespond(answer: Answer, scope: InvocationScope): Respond {
  let hasResponded = false;
  const respond = async (given: unknown, body: unknown, immediate: boolean): Promise<void> => {
    const isStream = isStreamLike(body);
    const whole = isStream ? await readStream(body) : body;
    if (scope.isEnded) return scope.warn("$.respond() came after the step had ended: await it.");
    const response = readResponse({ ...(isObject(given) ? given : {}), body: whole });
    const status = isObject(given) ? (given["status"] ?? given["statusCode"]) : undefined;
    if (status !== undefined && status !== null && Number(status) !== response.status) {
      scope.complain(
        `$.respond(): the status must be a whole number from 200 to 599; ${response.status} was answered.`,
      );
    }
    if (Buffer.byteLength(response.body) > MAX_BODY_BYTES * (response.isBase64 ? 4 / 3 : 1)) throw tooLarge();
    answer(response, { immediate });
  };
  return async (given) => {
    if (hasResponded) return;
    const { body, immediate = false } = (isObject(given) ? given : {}) as { body?: unknown; immediate?: unknown };
    if (!isSendable(body)) {
      scope.complain("$.respond(): the body must be a text, an object, a Buffer or a stream. Nothing was answered.");
      return;
    }
    if (isStreamLike(body) && immediate) {
      throw new TypeError("$.respond(): a stream cannot be answered with immediate: true.");
    }
    hasResponded = true;
    try {
      await respond(given, body, Boolean(immediate));
    } catch (error) {
      hasResponded = false;
      throw error;
    }
  };
}

function isSendable(body: unknown): boolean {
  return body === undefined || body === null || typeof body === "string" || typeof body === "object";
}

function isStreamLike(body: unknown): body is AsyncIterable<unknown> {
  return body instanceof Readable || body instanceof ReadableStream;
}

async function readStream(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk as Uint8Array);
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): RangeError {
  return new RangeError("$.respond(): the body may not be larger than 6 MB.");
}
