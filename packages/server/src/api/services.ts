import type { Users } from "../accounts/index.ts";

/** What the routes work with. A route takes only what it needs: `Pick<ApiServices, "users">`. */
export interface ApiServices {
  users: Users;
}
