/** A service that this platform does not give to this kind of component. */
export class UnavailableError extends Error {
  override name = "UnavailableError";
  readonly code = "UNAVAILABLE";
}

const DATA_STORE_METHODS = ["get", "set", "setTtl", "has", "delete", "keys", "clear", "entries", Symbol.asyncIterator];
const DIRECTORY_METHODS = ["open", "openDescriptor", "dir"];

/** A `data_store` in a source: it fails when used, not when declared. */
export function createUnavailableDataStore(name: string): object {
  return createUnavailable(DATA_STORE_METHODS, `The data store "${name}" cannot be used: sources have no data stores.`);
}

/** A `dir` in a source: `/tmp` works without it, only the file store behind it is missing. */
export function createUnavailableDirectory(name: string): object {
  return createUnavailable(DIRECTORY_METHODS, `The directory "${name}" cannot be used: sources have no file store.`);
}

function createUnavailable(methods: readonly (string | symbol)[], message: string): object {
  const fail = (): never => {
    throw new UnavailableError(message);
  };
  return Object.fromEntries(methods.map((method) => [method, fail]));
}
