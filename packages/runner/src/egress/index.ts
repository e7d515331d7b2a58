/** The only way out of a sandbox: a proxy that resolves names, checks where they lead and connects to exactly that address. */
export { AddressPolicy } from "./address-policy.ts";
export type { EgressRules, Verdict } from "./address-policy.ts";
export { EgressGate } from "./egress-gate.ts";
export type { EgressAttempt, EgressGateOptions } from "./egress-gate.ts";
export { HostResolver } from "./host-resolver.ts";
export type { ResolveHost } from "./host-resolver.ts";
