import { connect as connectPlain, isIP } from "node:net";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import tls from "node:tls";
import { readConnectArguments, targetOf } from "./target.ts";
import { isTunnelPending } from "./tunnel.ts";
import type { TunnelOptions } from "./tunnel.ts";

/**
 * Makes `tls.connect` speak TLS over a tunnel. TLS takes a plain socket's handle over at once, while the proxy's reply is
 * still to come on it; so it gets a stream in front of the socket instead.
 */
export function hookTlsConnect({ loopback }: TunnelOptions): void {
  const connect = Reflect.get(tls, "connect") as (...args: unknown[]) => tls.TLSSocket;
  const tunnelled = (...args: unknown[]): tls.TLSSocket => {
    const { options, callback } = readConnectArguments(args);
    const done = callback ? [callback] : [];
    if (options["socket"]) {
      const socket = isTunnelPending(options["socket"]) ? new SocketStream(options["socket"] as Socket) : null;
      return socket ? connect({ ...options, socket }, ...done) : connect(...args);
    }
    // With a port, `path` is that of the HTTP request which wants the connection.
    const target = targetOf(options["port"] ? { ...options, path: null } : options);
    if (!target || loopback.has(target)) return connect(...args);
    const socket = new SocketStream(connectPlain(target.port, target.host));
    const servername = options["servername"] ?? (isIP(target.host) === 0 ? target.host : "");
    return connect({ ...options, servername, socket }, ...done);
  };
  Reflect.set(tls, "connect", tunnelled);
}

/** A socket as a plain stream, without the handle that TLS would take over. */
class SocketStream extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    socket.on("data", (bytes) => {
      if (!this.push(bytes)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }
  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }
  override _final(done: () => void): void {
    this.#socket.end(done);
  }
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  setKeepAlive(isOn?: boolean, initialDelayMs?: number): this {
    this.#socket.setKeepAlive(isOn, initialDelayMs);
    return this;
  }
  setNoDelay(isOn?: boolean): this {
    this.#socket.setNoDelay(isOn);
    return this;
  }
  ref(): this {
    this.#socket.ref();
    return this;
  }
  unref(): this {
    this.#socket.unref();
    return this;
  }
}
