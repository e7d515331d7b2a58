import { ApiError } from "../../../core/index.ts";
import type { RawExchange } from "../../route.ts";

interface ClientRequest {
  readonly input: { readonly client_id?: string; readonly client_secret?: string };
  readonly ip: string;
}

/**
 * Who the client says it is: by HTTP Basic, or in the body; one of the two.
 * @throws ApiError `invalid_client` when it says nothing, `invalid_request` when it says two things
 */
export function clientCredentialsOf({ input, ip }: ClientRequest, { request }: RawExchange) {
  const basic = /^Basic +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
  if (basic !== undefined) {
    const { clientId, clientSecret } = readBasic(basic);
    if (input.client_secret !== undefined || (input.client_id ?? clientId) !== clientId) {
      throw new ApiError("invalid_request", "Send the client's secret either by HTTP Basic or in the body");
    }
    return { clientId, clientSecret, ip };
  }
  const { client_id: clientId, client_secret: clientSecret } = input;
  if (clientId === undefined || clientSecret === undefined) {
    throw new ApiError("invalid_client", "Send client_id and client_secret, in the body or by HTTP Basic");
  }
  return { clientId, clientSecret, ip };
}

/** Both parts are form-encoded before they are joined (RFC 6749, 2.3.1). */
function readBasic(encoded: string): { clientId: string; clientSecret: string } {
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colonAt = text.indexOf(":");
  try {
    if (colonAt < 0) throw new URIError("no colon");
    const [clientId, clientSecret] = [text.slice(0, colonAt), text.slice(colonAt + 1)].map((part) =>
      decodeURIComponent(part.replaceAll("+", " ")),
    );
    return { clientId: clientId ?? "", clientSecret: clientSecret ?? "" };
  } catch (error) {
    throw new ApiError("invalid_client", "The Authorization header is no valid HTTP Basic", { cause: error });
  }
}
