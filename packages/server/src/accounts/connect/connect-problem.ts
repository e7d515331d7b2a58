import type { ProviderError } from "../providers/index.ts";

export type ConnectProblemCode =
  | "link_unknown"
  | "link_expired"
  | "link_used"
  | "state_stale"
  | "wrong_browser"
  | "foreign_page"
  | "answer_incomplete"
  | "denied"
  | "code_refused"
  | "redirect_mismatch"
  | "client_refused"
  | "scope_refused"
  | "provider_down"
  | "provider_garbled"
  | "provider_refused"
  | "account_gone"
  | "not_configured";

/** Why connecting did not work, and what the person in front of the page can do about it. */
export class ConnectProblem extends Error {
  override name = "ConnectProblem";
  readonly code: ConnectProblemCode;
  /** What to do. */
  readonly advice: string;
  /** The link to begin again with, when it still works. */
  readonly retryUrl: string | null;
  /** Where whoever made the link wants to hear of failures. */
  readonly errorUrl: string | null;

  constructor(
    code: ConnectProblemCode,
    text: { message: string; advice: string },
    options: ErrorOptions & { retryUrl?: string | null; errorUrl?: string | null } = {},
  ) {
    super(text.message, options);
    this.code = code;
    this.advice = text.advice;
    this.retryUrl = options.retryUrl ?? null;
    this.errorUrl = options.errorUrl ?? null;
  }

  /** A form that did not come from its own page; to try again is to open the address that it was sent to. */
  static ofForeignPage(): ConnectProblem {
    return new ConnectProblem("foreign_page", PROBLEM_TEXTS.foreign_page, { retryUrl: "" });
  }
}

const AGAIN = "Start again from the page or program that gave you the link.";

interface Text {
  message: string;
  advice: string;
}

/** Problems that need no more than their name. */
export const PROBLEM_TEXTS = {
  link_unknown: { message: "This link leads nowhere.", advice: AGAIN },
  link_expired: { message: "This link has expired.", advice: AGAIN },
  link_used: {
    message: "With this link an account was connected already.",
    advice: "To connect another one, start again from the page or program that gave you the link.",
  },
  state_stale: {
    message: "This answer was used already, or is too old.",
    advice:
      "If you have seen that the account is connected, all is well. Otherwise go back to the page where you began, reload it, and connect again.",
  },
  wrong_browser: {
    message: "You began in another browser, or this one does not keep cookies.",
    advice: "Allow cookies for this site and connect again, in one browser from beginning to end.",
  },
  foreign_page: {
    message: "This form was sent by another page, or this browser does not keep cookies.",
    advice: "Nothing was connected. Allow cookies for this site, open the link again and connect there.",
  },
  answer_incomplete: { message: "The provider's answer is incomplete.", advice: AGAIN },
  account_gone: { message: "The account to connect again was deleted meanwhile.", advice: AGAIN },
  denied: {
    message: "Access was not granted, so nothing was connected.",
    advice: "Connect again and allow the access that is asked for.",
  },
} satisfies Partial<Record<ConnectProblemCode, Text>>;

const CODES: Readonly<Record<string, ConnectProblemCode>> = {
  access_denied: "denied",
  user_denied: "denied",
  consent_required: "denied",
  invalid_grant: "code_refused",
  bad_verification_code: "code_refused",
  invalid_code: "code_refused",
  redirect_uri_mismatch: "redirect_mismatch",
  invalid_redirect_uri: "redirect_mismatch",
  bad_redirect_uri: "redirect_mismatch",
  invalid_client: "client_refused",
  unauthorized_client: "client_refused",
  incorrect_client_credentials: "client_refused",
  bad_client_secret: "client_refused",
  http_401: "client_refused",
  invalid_scope: "scope_refused",
  temporarily_unavailable: "provider_down",
  server_error: "provider_down",
};

/** What a word of the provider means to the person who connects. */
export function meaningOf(
  error: ProviderError,
  { appName, redirectUri }: { appName: string; redirectUri: string },
): { code: ConnectProblemCode; text: Text } {
  const code = codeOf(error);
  const because = `${appName}: ${error.message}.`;
  if (code === "denied") return { code, text: PROBLEM_TEXTS.denied };
  const advice: Partial<Record<ConnectProblemCode, string>> = {
    code_refused: `Connect again. If it fails again, check that the redirect address of the OAuth client at ${appName} is ${redirectUri}`,
    redirect_mismatch: `The OAuth client at ${appName} needs this redirect address: ${redirectUri}`,
    client_refused: "Whoever set up the OAuth client must check its id and its secret.",
    scope_refused: "Whoever set up the OAuth client must check its scopes.",
    provider_down: "Try again in a few minutes.",
    provider_garbled: "Try again; if it stays so, the definition of this app is wrong.",
  };
  return {
    code,
    text: { message: because, advice: advice[code] ?? "Try again; if it stays so, ask whoever gave you the link." },
  };
}

function codeOf({ code, fault }: ProviderError): ConnectProblemCode {
  const known = CODES[code];
  if (known) return known;
  if (fault === "refused") return "provider_refused";
  return fault === "garbled" ? "provider_garbled" : "provider_down";
}
