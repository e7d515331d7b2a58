/** Logging in, signing up, and setting a password without the former one. */
import type { Route } from "../../route.ts";
import type { ApiServices } from "../../services.ts";
import { beginOidcLogin } from "./beginOidcLogin.ts";
import { finishOidcLogin } from "./finishOidcLogin.ts";
import { getLoginOptions } from "./getLoginOptions.ts";
import type { LoggedInServices } from "./logged-in.ts";
import { logIn } from "./logIn.ts";
import { requestPasswordReset } from "./requestPasswordReset.ts";
import { resetPassword } from "./resetPassword.ts";
import { setUp } from "./setUp.ts";
import { signUp } from "./signUp.ts";

type Services = LoggedInServices & Pick<ApiServices, "logins" | "oidc" | "passwordLinks" | "signUps">;

export function loginRoutes(services: Services): Route[] {
  return [
    ...[beginOidcLogin(services), finishOidcLogin(services), getLoginOptions(services), logIn(services)],
    ...[requestPasswordReset(services), resetPassword(services), setUp(services), signUp(services)],
  ];
}
