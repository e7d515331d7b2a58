/** What surrounds the pages: the session, the current workspace, navigation and the command palette. */
export { useDraft } from "./draft.ts";
export { Logo } from "./logo.tsx";
export { startTheme } from "./theme.ts";
export { useSession } from "./session.ts";
export { Shell } from "./shell.tsx";
export { mayEdit, useWorkspace, type CurrentWorkspace } from "./workspace.ts";
