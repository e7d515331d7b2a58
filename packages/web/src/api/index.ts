/** How pages reach the API: one client that works with the browser's session, and hooks that read and change. */
export { callApi, csrf, describeError } from "./client.ts";
export { useChange, useList, useRead } from "./hooks.ts";
export { useStream } from "./stream.ts";
