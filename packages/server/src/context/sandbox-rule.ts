import type { Logger } from "pino";
import type { Workspaces } from "../accounts/index.ts";
import type { Config } from "../config/index.ts";
import { StartupError } from "../core/index.ts";
import type { CodeWork } from "./code-work.ts";

/**
 * Below tier A one workspace's code is not kept from another's, so more than one workspace needs the operator's word.
 * @throws StartupError `config_invalid`
 */
export async function assertTierServes(parts: {
  workspaces: Workspaces;
  config: Config;
  code: CodeWork;
  log: Logger;
}): Promise<void> {
  const { tier, reasons } = parts.code.runner.tier;
  parts.log.info({ tier, reasons }, `sandbox tier ${tier}`);
  if (tier === "A" || parts.config.runner.allowShared) return;
  if ((await parts.workspaces.listInstanceWide({ limit: 2 })).length <= 1) return;
  throw new StartupError(
    "config_invalid",
    `The sandbox is tier ${tier} (${reasons.join("; ")}), which does not keep workspaces apart, and there are several. ` +
      "Install bubblewrap, or set MILLRACE_SANDBOX_ALLOW_SHARED=1 to run them all the same",
  );
}
