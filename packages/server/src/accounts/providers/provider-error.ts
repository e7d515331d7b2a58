/**
 * `refused`: the provider said no, and means it. `busy`: it could not just now. `unreachable` and `garbled`: nobody knows
 * what it did with the request.
 */
export type ProviderFault = "refused" | "busy" | "unreachable" | "garbled";

/** Why a provider gave us no tokens. The message is for people and holds no secret. */
export class ProviderError extends Error {
  override name = "ProviderError";
  readonly fault: ProviderFault;
  /** The provider's own word, such as `invalid_grant`; ours when it said none. */
  readonly code: string;

  constructor(fault: ProviderFault, text: { code: string; message: string }, options?: ErrorOptions) {
    super(text.message, options);
    this.fault = fault;
    this.code = text.code;
  }
}

const LONGEST = 300;

/** What a provider says, short and on one line. */
export function oneLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
