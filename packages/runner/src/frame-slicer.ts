export interface FrameSlicerOptions {
  /** Bytes before the body; the first four are the body's length, u32 little-endian. */
  headerBytes: number;
  /** Of a body. */
  maxBytes: number;
  /** What to throw as soon as more is announced. */
  tooLarge(sizeBytes: number): Error;
}

/** Cuts a byte stream into length-prefixed frames, however it was chopped on its way. */
export class FrameSlicer {
  readonly #options: FrameSlicerOptions;
  #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #neededBytes: number;

  constructor(options: FrameSlicerOptions) {
    this.#options = options;
    this.#neededBytes = options.headerBytes;
  }

  /** True while a frame has been read in part. */
  get isInsideFrame(): boolean {
    return this.#bufferedBytes > 0;
  }

  /** Takes the next bytes and returns the frames, headers included, that they complete. @throws what `tooLarge` makes */
  push(chunk: Buffer): Buffer[] {
    const { headerBytes } = this.#options;
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.length;
    if (this.#bufferedBytes < this.#neededBytes) return [];
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const frames: Buffer[] = [];
    this.#neededBytes = headerBytes;
    while (rest.length >= headerBytes) {
      const frameBytes = headerBytes + this.#announcedBytes(rest);
      if (rest.length < frameBytes) {
        this.#neededBytes = frameBytes;
        break;
      }
      frames.push(rest.subarray(0, frameBytes));
      rest = rest.subarray(frameBytes);
    }
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#bufferedBytes = rest.length;
    return frames;
  }

  #announcedBytes(header: Buffer): number {
    const sizeBytes = header.readUInt32LE(0);
    if (sizeBytes > this.#options.maxBytes) throw this.#options.tooLarge(sizeBytes);
    return sizeBytes;
  }
}
