import type { Writable } from "node:stream";
import { FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from "./messages.ts";

/** One frame as read: the body stays bytes until somebody needs it parsed. */
export interface Frame {
  readonly type: number;
  readonly invocation: number;
  readonly body: Buffer;
}

/** The other side sent something that is not a frame that we accept. */
export class FrameError extends Error {
  override name = "FrameError";
  readonly code = "PROTOCOL_ERROR";
}

/**
 * Encodes one frame.
 * @param payload is sent as JSON; `undefined` becomes `{}`.
 * @throws FrameError when the payload is larger than `maxBytes`.
 */
export function encodeFrame(
  head: { type: number; invocation: number },
  payload: unknown,
  maxBytes = MAX_FRAME_BYTES,
): Buffer {
  const json = JSON.stringify(payload ?? {});
  const sizeBytes = Buffer.byteLength(json);
  if (sizeBytes > maxBytes) throw new FrameError(`a frame of ${sizeBytes} bytes is larger than ${maxBytes}`);
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + sizeBytes);
  frame.writeUInt32LE(sizeBytes, 0);
  frame.writeUInt8(head.type, 4);
  frame.writeUInt32LE(head.invocation, 5);
  frame.write(json, FRAME_HEADER_BYTES);
  return frame;
}

/** Parses the body of a frame. @throws FrameError when it is not JSON. */
export function parseBody(frame: Frame): unknown {
  try {
    return JSON.parse(frame.body.toString("utf8"));
  } catch (cause) {
    throw new FrameError(`the body of a frame of type ${frame.type} is not JSON`, { cause });
  }
}

/** Cuts a byte stream into frames, however it was chopped on its way. */
export class FrameDecoder {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  /** Bytes that must be buffered before the next look is worth it: joining chunks earlier would cost quadratic time. */
  #neededBytes = FRAME_HEADER_BYTES;

  constructor(maxBytes = MAX_FRAME_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** True while a frame has been read in part. */
  get isInsideFrame(): boolean {
    return this.#bufferedBytes > 0;
  }

  /**
   * Takes the next bytes and returns the frames that they complete.
   * @throws FrameError as soon as a length over the limit is announced.
   */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.length;
    if (this.#bufferedBytes < this.#neededBytes) return [];
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const frames: Frame[] = [];
    this.#neededBytes = FRAME_HEADER_BYTES;
    while (rest.length >= FRAME_HEADER_BYTES) {
      const frameBytes = FRAME_HEADER_BYTES + this.#announcedBytes(rest);
      if (rest.length < frameBytes) {
        this.#neededBytes = frameBytes;
        break;
      }
      const body = rest.subarray(FRAME_HEADER_BYTES, frameBytes);
      frames.push({ type: rest.readUInt8(4), invocation: rest.readUInt32LE(5), body });
      rest = rest.subarray(frameBytes);
    }
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#bufferedBytes = rest.length;
    return frames;
  }

  #announcedBytes(header: Buffer): number {
    const sizeBytes = header.readUInt32LE(0);
    if (sizeBytes > this.#maxBytes) throw new FrameError(`a frame announces ${sizeBytes} bytes`);
    return sizeBytes;
  }
}

/** Collects the frames of one turn of the event loop into one write. */
export class FrameWriter {
  readonly #stream: Writable;
  #pending: Buffer[] = [];

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Queues an encoded frame; it leaves the process in this turn of the event loop. */
  write(frame: Buffer): void {
    this.#pending.push(frame);
    if (this.#pending.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const frames = this.#pending;
    this.#pending = [];
    if (!this.#stream.writable) return;
    this.#stream.write(frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames));
  }
}
