import { useRead } from "../../api/index.ts";

const EVERY_MS = 5_000;

/** Reads how the instance is, as long as somebody looks. */
export function useSystem() {
  return useRead("getSystem", {}, { everyMs: EVERY_MS });
}

/** Whether the signed-in user looks after the instance: only the server knows. */
export function useIsOperator(isAdmin: boolean): boolean {
  return useRead("getSystem", {}, { enabled: isAdmin }).data !== undefined;
}
