import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Sandboxes without a network namespace get their packets refused by user id, all of them: their way out is the proxy's unix socket,
 * which is no packet. The ids are reserved for sandboxes, so the rule may stay when we end.
 */
const RULES = `
add table inet millrace
add chain inet millrace runners { type filter hook output priority 0; policy accept; }
flush chain inet millrace runners
add rule inet millrace runners meta skuid 20000-29999 reject
`;

/** Sets the rule. @throws when the kernel or our rights do not allow it. */
export async function refuseNetworkByUid(nft: string): Promise<void> {
  const child = spawn(nft, ["-f", "-"], { stdio: ["pipe", "ignore", "pipe"], env: {} });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  child.stdin.end(RULES);
  const [exitCode] = (await once(child, "close")) as [number | null];
  if (exitCode !== 0) throw new Error(`nft refused the rule: ${complaint.trim().slice(0, 500)}`);
}
