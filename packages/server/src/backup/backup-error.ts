/** Why there is no backup, or nothing was restored; `message` is for whoever called the command. */
export class BackupError extends Error {
  override name = "BackupError";
  readonly code:
    "no_instance" | "busy" | "archive_damaged" | "archive_newer" | "target_not_empty" | "wrong_key" | "exists";

  constructor(code: BackupError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
