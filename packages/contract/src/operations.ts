import { userOperations } from "./users.ts";

/** Every operation of the API, by id: each resource file adds its own here. */
export const operations = {
  ...userOperations,
};

export type OperationId = keyof typeof operations;
