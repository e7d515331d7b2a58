/** Makes Node's own network functions work in a sandbox that has no network but the egress proxy's socket. */
export { installNetworkHook } from "./install.ts";
