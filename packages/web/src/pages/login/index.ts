/** The pages by which people come in: set-up, login, sign-up, invitations, new passwords. */
export { InvitationPage } from "./invitation.tsx";
export { LoginPage } from "./login.tsx";
export { ForgotPage, ResetPage } from "./reset.tsx";
export { SetUpPage } from "./set-up.tsx";
export { SignUpPage } from "./sign-up.tsx";
