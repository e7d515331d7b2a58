/** Where nodes tell each other of keys, clients and revocations. */
export const OAUTH_TOPIC = "oauth_server";
