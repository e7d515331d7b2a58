/** The command was called wrongly, or the component cannot be run at all; exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}
