/** One file of the project's file store. */
export interface StoredFile {
  readonly path: string;
  readonly name: string;
  /** A link that works for 30 minutes. */
  toUrl(): Promise<string>;
  toFile(localPath: string): Promise<void>;
  toBuffer(): Promise<Buffer>;
  toEncodedString(encoding?: BufferEncoding, start?: number, end?: number): Promise<string>;
  createReadStream(): NodeJS.ReadableStream;
  /** The file appears when the stream is finished. */
  createWriteStream(contentType?: string, contentLength?: number): NodeJS.WritableStream;
  fromFile(localPath: string, contentType?: string): Promise<this>;
  fromUrl(url: string | URL, options?: RequestInit): Promise<this>;
  fromReadableStream(
    stream: AsyncIterable<unknown> | ReadableStream,
    contentType?: string,
    contentSize?: number,
  ): Promise<this>;
  delete(): Promise<void>;
  /** What is exported of it; `openDescriptor` takes it back. */
  toJSON(): unknown;
}

/** `$.files`: a step that returns a file gives later steps the file. */
export interface FileStore {
  open(path: string): StoredFile;
  openDescriptor(descriptor: unknown): StoredFile;
  dir(path?: string): AsyncIterable<{
    name: string;
    path: string;
    size: number | undefined;
    modifiedAt: Date | undefined;
    isFile(): boolean;
    isDirectory(): boolean;
    file: StoredFile | undefined;
  }>;
}
