import { oauthAppOperations } from "@millrace/contract";
import { route, type Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";

export function rotateVaultKey({ keyRetirement }: Pick<ApiServices, "keyRetirement">): Route {
  return route(oauthAppOperations.rotateVaultKey, async (request) => {
    const { resealed } = await keyRetirement.rotate(request.memberOf(request.input.workspace_id));
    return { data: { resealed } };
  });
}
