const NAMES = {
  not_found: "FileNotFoundError",
  changed: "FileChangedError",
  invalid_path: "FilePathError",
  invalid_call: "FileStoreError",
  too_large: "FileTooLargeError",
  store_full: "FileStoreFullError",
  busy: "FileStoreError",
  elsewhere: "FileStoreError",
  unavailable: "FileStoreError",
} as const;

export type FileStoreErrorCode = keyof typeof NAMES;

/** Something that can not be done with a file; its message is for the user. */
export class FileStoreError extends Error {
  readonly code: FileStoreErrorCode;
  constructor(code: FileStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = NAMES[code];
    this.code = code;
  }
}
