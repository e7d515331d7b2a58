import type { SandboxTierReport } from "./events.ts";
import { candidateTiers, Launcher, type LauncherOptions, type SandboxTier } from "./launch/index.ts";
import { BLANK_MEMORY_MB, launchSandbox, type Sandbox } from "./pool/index.ts";

export interface SelectedTier {
  readonly report: SandboxTierReport;
  readonly launcher: Launcher;
  /** The sandbox by which the tier was tried, ready for use. */
  readonly blank: Sandbox;
}

interface TierOptions extends Omit<LauncherOptions, "tier" | "usesPermissions"> {
  readonly platformDir: string | null;
}

async function attempt(options: LauncherOptions & TierOptions): Promise<{ launcher: Launcher; blank: Sandbox }> {
  const launcher = await Launcher.create(options);
  launcher.usePlatformDir(options.platformDir);
  const blank = await launchSandbox(launcher, { memoryMb: BLANK_MEMORY_MB });
  await blank.ready;
  return { launcher, blank };
}

/** Tries a tier; below A also without Node's permission model, which some builds and layouts do not bear. */
async function attemptTier(tier: SandboxTier, options: TierOptions): Promise<{ launcher: Launcher; blank: Sandbox }> {
  if (tier === "A") return attempt({ ...options, tier, usesPermissions: false });
  try {
    return await attempt({ ...options, tier, usesPermissions: true });
  } catch {
    return attempt({ ...options, tier, usesPermissions: false });
  }
}

/**
 * Takes the best tier in which a sandbox really starts.
 * @param wanted the only one to try; null for any.
 * @throws Error naming what spoke against each.
 */
export async function selectTier(wanted: SandboxTier | null, options: TierOptions): Promise<SelectedTier> {
  const reasons: string[] = [];
  for (const { tier, obstacle } of candidateTiers(options.tools)) {
    if (wanted !== null && wanted !== tier) continue;
    if (obstacle !== null) {
      reasons.push(`tier ${tier}: ${obstacle}`);
      continue;
    }
    try {
      const { launcher, blank } = await attemptTier(tier, options);
      return { report: { tier, reasons }, launcher, blank };
    } catch (error) {
      reasons.push(`tier ${tier}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`no sandbox can be started here: ${reasons.join("; ")}`);
}
