/** Keeping tokens fresh: when, by whom, and what is written down before and after the provider is asked. */
export { Refresher, type FreshnessRow } from "./refresher.ts";
export { tokenColumns, tokenCredentials } from "./token-credentials.ts";
