import { FrameSlicer } from "./frame-slicer.ts";
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
  readonly #slicer: FrameSlicer;

  constructor(maxBytes = MAX_FRAME_BYTES) {
    const tooLarge = (sizeBytes: number): Error => new FrameError(`a frame announces ${sizeBytes} bytes`);
    this.#slicer = new FrameSlicer({ headerBytes: FRAME_HEADER_BYTES, maxBytes, tooLarge });
  }

  /** True while a frame has been read in part. */
  get isInsideFrame(): boolean {
    return this.#slicer.isInsideFrame;
  }

  /**
   * Takes the next bytes and returns the frames that they complete.
   * @throws FrameError as soon as a length over the limit is announced.
   */
  push(chunk: Buffer): Frame[] {
    return this.#slicer.push(chunk).map((frame) => ({
      type: frame.readUInt8(4),
      invocation: frame.readUInt32LE(5),
      body: frame.subarray(FRAME_HEADER_BYTES),
    }));
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
