import type { Logger } from "pino";
import type { Config } from "../config/index.ts";
import type { Database } from "../db/index.ts";
import { StartupError } from "../core/index.ts";
import type { CodeWork } from "./code-work.ts";

/**
 * Below tier A one workspace's code is not kept from another's, so more than one workspace needs the operator's word.
 * @throws StartupError `config_invalid`
 */
export async function assertTierServes(parts: {
  db: Database;
  config: Config;
  code: CodeWork;
  log: Logger;
}): Promise<void> {
  const { tier, reasons } = parts.code.runner.tier;
  parts.log.info({ tier, reasons }, `sandbox tier ${tier}`);
  if (tier === "A" || parts.config.runner.allowShared) return;
  const { rows } = await parts.db.query<{ count: number }>("select count(*) as count from workspaces");
  if ((rows[0]?.count ?? 0) <= 1) return;
  throw new StartupError(
    "config_invalid",
    `The sandbox is tier ${tier} (${reasons.join("; ")}), which does not keep workspaces apart, and there are several. ` +
      "Install bubblewrap, or set MILLRACE_SANDBOX_ALLOW_SHARED=1 to run them all the same",
  );
}
