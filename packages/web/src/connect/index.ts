/** Connecting accounts: on the hosted page, in a window of its own. */
export { ConnectDialog } from "./connect-dialog.tsx";
