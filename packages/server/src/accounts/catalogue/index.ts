/** What is known of each app: how its accounts connect, and how they are tested. */
export * from "./app-definition.ts";
