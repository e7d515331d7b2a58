import { parseForm } from "./fields.ts";
import { parseMultipart, type StoreFile } from "./multipart.ts";

/** A request's body as JSON texts for the event; null: that key stays absent. */
export interface ParsedBody {
  /** JSON text of the string exactly as received. */
  readonly bodyRaw: string | null;
  /** JSON text. */
  readonly body: string | null;
}

export interface BodyInput {
  readonly bytes: Buffer;
  readonly contentType: string | undefined;
  readonly storeFile: StoreFile;
}

const NO_BODY: ParsedBody = { bodyRaw: null, body: null };
const BOM = "\uFEFF";

/** The media type alone, in lower case. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/**
 * Turns a body into what `event.body` and `event.bodyRaw` hold: JSON is parsed, forms become objects, files of a
 * multipart body become links, all else stays text. What does not parse stays text too.
 */
export function parseBody(input: BodyInput): ParsedBody | Promise<ParsedBody> {
  const { bytes, contentType } = input;
  if (bytes.length === 0) return NO_BODY;
  const mediaType = mediaTypeOf(contentType);
  if (mediaType === "multipart/form-data") return multipartBody(input);
  const text = bytes.toString("utf8");
  const bodyRaw = JSON.stringify(text);
  if (mediaType === "application/json" || mediaType.endsWith("+json"))
    return { bodyRaw, body: jsonText(text) ?? bodyRaw };
  if (mediaType === "application/x-www-form-urlencoded") return { bodyRaw, body: JSON.stringify(parseForm(text)) };
  return { bodyRaw, body: bodyRaw };
}

/** The text itself when it is JSON: parsing proves it, and writing it anew would cost time and big numbers. */
function jsonText(text: string): string | null {
  const json = text.startsWith(BOM) ? text.slice(1) : text;
  try {
    JSON.parse(json);
    return json;
  } catch {
    return null;
  }
}

async function multipartBody({ bytes, contentType, storeFile }: BodyInput): Promise<ParsedBody> {
  const parsed = await parseMultipart({ bytes, contentType: contentType ?? "", storeFile });
  if (!parsed) {
    const text = JSON.stringify(bytes.toString("utf8"));
    return { bodyRaw: text, body: text };
  }
  // Files are kept as files: a second copy as text in the event would be large and broken.
  const bodyRaw = parsed.hasFiles ? null : JSON.stringify(bytes.toString("utf8"));
  return { bodyRaw, body: JSON.stringify(parsed.fields) };
}
