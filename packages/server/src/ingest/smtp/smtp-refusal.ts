/** An answer other than 250; the text goes to the sender. */
export class SmtpRefusal extends Error {
  override name = "SmtpRefusal";
  readonly responseCode: 451 | 452 | 550 | 552 | 554;
  constructor(responseCode: SmtpRefusal["responseCode"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.responseCode = responseCode;
  }
}
