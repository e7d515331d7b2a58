export type DataStoreErrorCode =
  | "no_access" // the step was not given this store
  | "gone"
  | "invalid_key"
  | "invalid_value"
  | "invalid_ttl"
  | "too_large"
  | "not_a_number"
  | "unknown_method";

/** A call on a data store that can not be done; its message is for the user. */
export class DataStoreError extends Error {
  override name = "DataStoreError";
  readonly code: DataStoreErrorCode;
  constructor(code: DataStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
