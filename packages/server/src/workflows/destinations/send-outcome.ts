/** What became of one send, as a run shows it. */
export interface SendOutcome {
  status: "success" | "error" | "not_configured";
  duration_ms: number;
  error?: { code: string; message: string };
  request?: { method: string; url: string };
  response?: { status: number; headers: Record<string, string>; body: string; truncated: boolean };
  message_id?: string;
  bucket?: string;
  key?: string;
}

/** A send that can not be delivered as it is; the message is for the user. */
export class SendError extends Error {
  override name = "SendError";
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function invalidSend(field: string, must: string): SendError {
  return new SendError("invalid_value", `${field} must be ${must}`);
}

export type SendPayload = Readonly<Record<string, unknown>>;

/** The payload of a send: an object, since that is what the sandbox was to check. @throws SendError */
export function payloadOf(text: string): SendPayload {
  const payload: unknown = JSON.parse(text);
  if (typeof payload === "object" && payload !== null && !Array.isArray(payload)) return payload as SendPayload;
  throw invalidSend("what is sent", "an object");
}
