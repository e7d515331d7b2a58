import { userOperations } from "@millrace/contract";
import type { Users } from "../../../accounts/index.ts";
import { route, type Route } from "../../route.ts";

export function getCurrentUser(services: { users: Users }): Route {
  return route(userOperations.getCurrentUser, async (request) => ({
    data: await services.users.describe(request.principal),
  }));
}
