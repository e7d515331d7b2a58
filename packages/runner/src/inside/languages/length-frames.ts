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

/** Cuts a byte stream into such frames, however it was chopped on its way. */
export class TextFrameDecoder {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #neededBytes = LENGTH_BYTES;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes the next bytes and returns the texts that they complete. @throws LengthError */
  push(chunk: Buffer): string[] {
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.length;
    if (this.#bufferedBytes < this.#neededBytes) return [];
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const texts: string[] = [];
    this.#neededBytes = LENGTH_BYTES;
    while (rest.length >= LENGTH_BYTES) {
      const sizeBytes = rest.readUInt32LE(0);
      if (sizeBytes > this.#maxBytes) throw new LengthError(`a frame announces ${sizeBytes} bytes`);
      const end = LENGTH_BYTES + sizeBytes;
      if (rest.length < end) {
        this.#neededBytes = end;
        break;
      }
      texts.push(rest.toString("utf8", LENGTH_BYTES, end));
      rest = rest.subarray(end);
    }
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#bufferedBytes = rest.length;
    return texts;
  }
}
