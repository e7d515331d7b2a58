/** An instance of Millrace as its users have it: started as a process of its own, spoken to over HTTP alone. */
export { ApiCaller, type ApiReply } from "./api-caller.ts";
export { Instance, type InstanceOptions } from "./instance.ts";
export { processTree, signalAll } from "./process-tree.ts";
