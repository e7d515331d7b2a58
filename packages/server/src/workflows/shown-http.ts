import type { HttpConfig } from "./definition/index.ts";

/** The settings of an HTTP trigger in the form of a request. A token is a secret, of which only a hash is kept. */
export function shownHttp({ customResponse, behavior }: HttpConfig) {
  const { staticResponse, authorization, bodyOnly } = behavior;
  return {
    custom_response: customResponse,
    body_only: bodyOnly,
    authorization: authorization.kind,
    ...(staticResponse && {
      static_response: { status: staticResponse.status, headers: staticResponse.headers, body: staticResponse.body },
    }),
  };
}
