/** Which server the commands talk to, and as whom. */
export { removeProfile, saveProfile } from "./profiles.ts";
export { baseOf, clientOf, serverArgs, type AccessOptions } from "./server-access.ts";
