import type { BootArguments } from "../messages.ts";
import { installNetworkHook } from "./network/index.ts";

// Worker threads of user code load this too, without boot arguments: they have no network.
const argument = process.argv[2];
if (argument?.startsWith("{")) {
  const boot = JSON.parse(argument) as Partial<BootArguments>;
  if (boot.egressSocket) {
    installNetworkHook({ egressSocket: boot.egressSocket, hasOwnLoopback: boot.hasOwnLoopback ?? false });
  }
}
