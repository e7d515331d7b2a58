import { syncBuiltinESMExports } from "node:module";
import { hookDns } from "./dns-hook.ts";
import { OwnLoopback } from "./own-loopback.ts";
import { proxyResolver } from "./resolve-host.ts";
import { hookTlsConnect } from "./tls-connect.ts";
import { hookSocketConnect } from "./tunnel.ts";

/**
 * Sends the process's connections and name look-ups through the egress proxy. This is a convenience for code that knows
 * nothing of proxies; that nothing else gets out is up to the sandbox.
 */
export function installNetworkHook(options: { egressSocket: string; hasOwnLoopback: boolean }): void {
  const loopback = new OwnLoopback(options.hasOwnLoopback);
  loopback.watch();
  hookSocketConnect({ egressSocket: options.egressSocket, loopback });
  hookTlsConnect({ egressSocket: options.egressSocket, loopback });
  hookDns(proxyResolver(options.egressSocket));
  syncBuiltinESMExports();
}
