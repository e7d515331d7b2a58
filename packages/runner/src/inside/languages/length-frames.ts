import { FrameSlicer } from "../../frame-slicer.ts";

const LENGTH_BYTES = 4;

/** The other side announced a frame that is too large. */
export class LengthError extends Error {
  override name = "LengthError";
  readonly code = "PROTOCOL_ERROR";
}

/** Encodes JSON text as one frame: `u32le length | UTF-8`. */
export function encodeText(json: string): Buffer {
  const sizeBytes = Buffer.byteLength(json);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + sizeBytes);
  frame.writeUInt32LE(sizeBytes, 0);
  frame.write(json, LENGTH_BYTES);
  return frame;
}

/** Cuts a byte stream into such frames. */
export class TextFrameDecoder {
  readonly #slicer: FrameSlicer;

  constructor(maxBytes: number) {
    const tooLarge = (sizeBytes: number): Error => new LengthError(`a frame announces ${sizeBytes} bytes`);
    this.#slicer = new FrameSlicer({ headerBytes: LENGTH_BYTES, maxBytes, tooLarge });
  }

  /** Takes the next bytes and returns the texts that they complete. @throws LengthError */
  push(chunk: Buffer): string[] {
    return this.#slicer.push(chunk).map((frame) => frame.toString("utf8", LENGTH_BYTES));
  }
}
