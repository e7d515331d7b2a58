import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";
import { addField, type Fields } from "./fields.ts";

/** A file of a request, as `event.body` names it. */
export interface FileLink {
  url: string;
  filename: string;
  mimetype: string;
}

/** Keeps a file's bytes and answers the link to it. */
export type StoreFile = (file: ReceivedFile) => Promise<FileLink>;

export interface MultipartInput {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly storeFile: StoreFile;
}

export interface ParsedMultipart {
  readonly fields: Fields<string | FileLink | (string | FileLink)[]>;
  readonly hasFiles: boolean;
}

interface ReceivedFile {
  bytes: Buffer;
  filename: string;
  mimetype: string;
}

interface Part {
  name: string;
  value: string | ReceivedFile;
}

const MAX_PARTS = 1_000;

/** Parses a whole multipart body and stores its files; null when it is not one. */
export async function parseMultipart(input: MultipartInput): Promise<ParsedMultipart | null> {
  const parts = await readParts(input);
  if (!parts) return null;
  const fields: ParsedMultipart["fields"] = Object.create(null) as ParsedMultipart["fields"];
  let hasFiles = false;
  for (const { name, value } of parts) {
    hasFiles ||= typeof value !== "string";
    addField(fields, name, typeof value === "string" ? value : await input.storeFile(value));
  }
  return { fields, hasFiles };
}

function readParts({ bytes, contentType }: MultipartInput): Promise<Part[] | null> {
  const { promise, resolve } = Promise.withResolvers<Part[] | null>();
  const parts: Part[] = [];
  let busboy: BusboyInstance;
  try {
    const limits = { parts: MAX_PARTS, fieldSize: Infinity };
    busboy = new Busboy({ headers: { "content-type": contentType }, limits });
  } catch {
    return Promise.resolve(null);
  }
  busboy.on("field", (name, value) => void parts.push({ name, value }));
  busboy.on("file", (name, stream, ...[filename, , mimetype]) => {
    const value: ReceivedFile = { bytes: Buffer.alloc(0), filename, mimetype };
    parts.push({ name, value });
    collect(stream, (whole) => (value.bytes = whole));
  });
  busboy.on("error", () => resolve(null));
  busboy.on("finish", () => resolve(parts));
  busboy.end(bytes);
  return promise;
}

function collect(stream: BusboyFileStream, onEnd: (whole: Buffer) => void): void {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
  stream.on("end", () => onEnd(Buffer.concat(chunks)));
}
