/** What a step or run leaves is too much: the names are those that authors know from their platform. */
export class LimitError extends Error {
  readonly code = "RESULT_TOO_LARGE";
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }

  static payload(): LimitError {
    return new LimitError(
      "Function Payload Limit Exceeded",
      "The event, the exports and what is sent may not be larger than 6 MB together.",
    );
  }

  static nesting(): LimitError {
    return new LimitError("JSON Nested Property Limit Exceeded", "What a step exports may be nested 256 levels deep.");
  }
}
