import { createContext, use } from "react";

/** The workspace that the pages show. */
export interface CurrentWorkspace {
  id: string;
  name: string;
  role: "owner" | "admin" | "member" | "viewer";
}

export const WorkspaceContext = createContext<CurrentWorkspace | null>(null);

/** @throws Error outside of the signed-in pages */
export function useWorkspace(): CurrentWorkspace {
  const workspace = use(WorkspaceContext);
  if (workspace === null) throw new Error("There is no workspace here");
  return workspace;
}

const KEY = "millrace-workspace";

export function rememberedWorkspaceId(): string | null {
  return localStorage.getItem(KEY);
}

export function rememberWorkspace(id: string): void {
  localStorage.setItem(KEY, id);
}

/** True when the member may change things. */
export function mayEdit(workspace: CurrentWorkspace): boolean {
  return workspace.role !== "viewer";
}
