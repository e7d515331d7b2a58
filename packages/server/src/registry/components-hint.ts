/** Told when components that have a key are saved or published. */
export const COMPONENTS_TOPIC = "components";

/** The hint for one workspace's components, or (null) for the registry. */
export function componentsChanged(orgId: string | null): { topic: string; payload: string | null } {
  return { topic: COMPONENTS_TOPIC, payload: orgId };
}
