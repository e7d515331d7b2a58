import { oauthAppOperations } from "@millrace/contract";
import { route, type Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";

export function signOauthRequest({ requestSigner }: Pick<ApiServices, "requestSigner">): Route {
  return route(oauthAppOperations.signOauthRequest, async ({ input }) => {
    const { method = "get", url, data } = input.requestData;
    return requestSigner.sign(input.signer_token, { method, url, form: formOf(data ?? {}) });
  });
}

/** A form's fields as they are sent: text, or several under one name. */
function formOf(data: Readonly<Record<string, unknown>>): Record<string, string | string[]> {
  const entries = Object.entries(data).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.map(textOf) : textOf(value)]),
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
