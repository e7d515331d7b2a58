import type { ServerResponse } from "node:http";

const COMMENT_EVERY_MS = 15_000;
/** A client that takes nothing for so long is let go; it comes back with its `Last-Event-ID`. */
const MAX_STALL_MS = 30_000;

/** Writes server-sent events to one client, never faster than it reads. */
export class SseWriter {
  readonly #response: ServerResponse;
  readonly #timer: NodeJS.Timeout;

  /** Sends the head and a first comment, so that the client knows it is connected. */
  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    response.write(": connected\n\n");
    this.#timer = setInterval(() => this.#comment(), COMMENT_EVERY_MS).unref();
  }

  /** Resolves when the client can take more; false when it is gone. */
  async write(message: { id: string; data: string; name?: string }): Promise<boolean> {
    if (this.#response.destroyed) return false;
    const name = message.name === undefined ? "" : `event: ${message.name.replaceAll(/[\r\n]/g, " ")}\n`;
    if (this.#response.write(`id: ${message.id}\n${name}data: ${message.data}\n\n`)) return true;
    return this.#drained();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #comment(): void {
    if (!this.#response.writableNeedDrain) this.#response.write(": still here\n\n");
  }

  #drained(): Promise<boolean> {
    const response = this.#response;
    return new Promise((resolve) => {
      const timer = setTimeout(() => response.destroy(), MAX_STALL_MS);
      const done = (): void => {
        clearTimeout(timer);
        response.off("drain", done).off("close", done);
        resolve(!response.destroyed);
      };
      response.once("drain", done).once("close", done);
    });
  }
}
