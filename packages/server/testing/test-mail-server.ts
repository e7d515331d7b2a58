import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { callbackify } from "node:util";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";

export interface ReceivedMail {
  from: string;
  to: string[];
  mail: Email;
}

/** A real mail server on loopback: remembers what it got, and refuses when told to. */
export class TestMailServer {
  readonly url: string;
  readonly mails: ReceivedMail[] = [];
  /** The answer to every recipient instead of 250. */
  refuseWith: number | null = null;
  readonly #server: SMTPServer;

  private constructor(server: SMTPServer, port: number) {
    this.#server = server;
    this.url = `smtp://127.0.0.1:${port}`;
    server.onAuth = (login, _session, done) => done(null, { user: login.username ?? "" });
    server.onRcptTo = (_address, _session, done) => {
      if (this.refuseWith === null) done();
      else done(Object.assign(new Error("not here"), { responseCode: this.refuseWith }));
    };
    const receive = callbackify((stream: SMTPServerDataStream, session: SMTPServerSession) =>
      this.#receive(stream, session),
    );
    server.onData = (stream, session, done) => receive(stream, session, (error) => done(error));
  }

  async #receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const mail = await PostalMime.parse(await buffer(stream));
    const { mailFrom, rcptTo } = session.envelope;
    const to = rcptTo.map((recipient) => recipient.address);
    this.mails.push({ from: mailFrom === false ? "" : mailFrom.address, to, mail });
  }

  static async start(): Promise<TestMailServer> {
    const server = new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      disabledCommands: ["STARTTLS"],
      disableReverseLookup: true,
    });
    const listening = server.listen(0, "127.0.0.1");
    await once(listening, "listening");
    const address = listening.address();
    return new TestMailServer(server, typeof address === "object" && address !== null ? address.port : 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve));
  }
}
