/** An instance of Millrace as its users have it: started as a process of its own, spoken to over HTTP alone. */
export { ApiCaller, type ApiReply } from "./api-caller.ts";
export { Instance, removeDataDir, type InstanceOptions } from "./instance.ts";
export { LOOPBACK_ALLOWED, startPlatform, type Platform } from "./platform.ts";
export { NumberedLoad } from "./numbered-load.ts";
export { commandLine, processTree, programName, signalAll } from "./process-tree.ts";
export { SeededRandom } from "./seeded-random.ts";
