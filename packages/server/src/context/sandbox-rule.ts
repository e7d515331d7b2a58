import type { Logger } from "pino";
import type { Workspaces } from "../accounts/index.ts";
import type { Config } from "../config/index.ts";
import { StartupError } from "../core/index.ts";
import type { Sandboxes } from "./code-work.ts";

const REMEDY = "Install bubblewrap, or set MILLRACE_SANDBOX_ALLOW_SHARED=1 to run them all the same";

/** Why this node takes no second workspace; null when it takes any number. */
export function soleWorkspaceReason({ runner }: Sandboxes, config: Config): string | null {
  const { tier, reasons } = runner.tier;
  if (tier === "A" || config.runner.allowShared) return null;
  return `The sandbox is tier ${tier} (${reasons.join("; ")}), which does not keep workspaces apart`;
}

/**
 * Below tier A one workspace's code is not kept from another's, so more than one workspace needs the operator's word.
 * @throws StartupError `config_invalid`
 */
export async function assertTierServes(parts: {
  workspaces: Workspaces;
  config: Config;
  sandboxes: Sandboxes;
  log: Logger;
}): Promise<void> {
  const { tier, reasons } = parts.sandboxes.runner.tier;
  parts.log.info({ tier, reasons }, `sandbox tier ${tier}`);
  const reason = soleWorkspaceReason(parts.sandboxes, parts.config);
  if (reason === null || (await parts.workspaces.listInstanceWide({ limit: 2 })).length <= 1) return;
  throw new StartupError("config_invalid", `${reason}, and there are several. ${REMEDY}`);
}
