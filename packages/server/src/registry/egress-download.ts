import { ComponentFetchError, type FetchPorts } from "@millrace/runner";
import { EgressError, type Egress } from "../egress/index.ts";

const TIMEOUT_MS = 15_000;
const MAX_REDIRECTS = 5;

/** Downloads component files through the server's egress, which vets every address and redirect. */
export function egressDownload(egress: Pick<Egress, "request">): FetchPorts["download"] {
  return async (url, maxBytes) => {
    try {
      return await egress.request({ url, timeoutMs: TIMEOUT_MS, maxBytes, maxRedirects: MAX_REDIRECTS });
    } catch (error) {
      if (!(error instanceof EgressError)) throw error;
      const message = `Could not fetch ${url}: ${error.message}`;
      if (error.code === "blocked") throw new ComponentFetchError("refused", message, { url, cause: error });
      if (error.code === "too_large") {
        throw new ComponentFetchError("too_large", `${url} is larger than 5 MB`, { url, cause: error });
      }
      throw new ComponentFetchError("unreachable", message, { url, cause: error });
    }
  };
}
