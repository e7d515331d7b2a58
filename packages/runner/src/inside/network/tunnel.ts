import { Socket } from "node:net";
import { NetworkError } from "./network-error.ts";
import { ProxyReplyReader } from "./proxy-reply.ts";
import { authorityOf, readConnectArguments, targetOf } from "./target.ts";
import type { ConnectTarget } from "./target.ts";
import type { OwnLoopback } from "./own-loopback.ts";

/** Parts of Node's sockets that its types leave out. */
interface RawSocket extends Socket {
  connecting: boolean;
  _handle: { reading: boolean; readStart(): number } | null;
  _writeGeneric(isVector: boolean, data: string, encoding: string, done: (error?: Error) => void): void;
}

export interface TunnelOptions {
  readonly egressSocket: string;
  readonly loopback: OwnLoopback;
}

/** Sockets whose tunnel does not stand yet: their handle still speaks with the proxy. */
const pending = new WeakSet<object>();

export function isTunnelPending(socket: unknown): boolean {
  return typeof socket === "object" && socket !== null && pending.has(socket);
}

/**
 * Makes every TCP connection of the process go through the egress proxy: the socket connects to the proxy's unix socket,
 * asks for its target, and only tells its owner `connect` when the tunnel stands. Libraries notice nothing of it.
 */
export function hookSocketConnect({ egressSocket, loopback }: TunnelOptions): void {
  const connect = Reflect.get(Socket.prototype, "connect") as (...args: unknown[]) => Socket;
  const tunnelled = function tunnelledConnect(this: RawSocket, ...args: unknown[]): Socket {
    const { options, callback } = readConnectArguments(args);
    const target = targetOf(options);
    if (!target || loopback.has(target)) return Reflect.apply(connect, this, args);
    if (callback) this.once("connect", callback);
    holdUntilTunnelled(this, target);
    return Reflect.apply(connect, this, [{ path: egressSocket }]);
  };
  Reflect.set(Socket.prototype, "connect", tunnelled);
}

/** Keeps `connect` and the proxy's reply from the socket's owner: `emit` and `push` are ours until the tunnel stands. */
function holdUntilTunnelled(socket: RawSocket, target: ConnectTarget): void {
  const reader = new ProxyReplyReader();
  pending.add(socket);
  const emit = socket.emit.bind(socket);
  const push = socket.push.bind(socket);
  const release = (): void => {
    pending.delete(socket);
    Reflect.deleteProperty(socket, "emit");
    Reflect.deleteProperty(socket, "push");
  };
  const refuse = (code: string): void => {
    release();
    socket.destroy(new NetworkError({ code, syscall: "connect", ...target }));
  };
  socket.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event === "ready" && pending.has(socket)) return true;
    if (event === "close" || event === "error") release();
    if (event !== "connect") return emit(event, ...args);
    askForTunnel(socket, target);
    return true;
  };
  socket.push = (chunk: unknown): boolean => {
    const reply = Buffer.isBuffer(chunk) ? reader.push(chunk) : { errorCode: "ECONNRESET", rest: null };
    if (!reply) return true;
    if (reply.errorCode !== null) {
      refuse(reply.errorCode);
      return false;
    }
    release();
    socket.connecting = false;
    showTarget(socket, target);
    const wantsMore = reply.rest && reply.rest.length > 0 ? push(reply.rest) : true;
    emit("connect");
    emit("ready");
    return wantsMore;
  };
}

/** Speaks to the proxy below the stream, whose own writes wait for `connect`. */
function askForTunnel(socket: RawSocket, target: ConnectTarget): void {
  const authority = authorityOf(target);
  const request = `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
  socket._writeGeneric(false, request, "latin1", (error) => {
    if (error) socket.destroy(error);
  });
  socket.connecting = true;
  if (!socket._handle) return;
  socket._handle.reading = true;
  socket._handle.readStart();
}

/** The unix socket has no remote address; libraries expect one. */
function showTarget(socket: Socket, { host, port }: ConnectTarget): void {
  const family = host.includes(":") ? "IPv6" : "IPv4";
  for (const [name, value] of Object.entries({ remoteAddress: host, remotePort: port, remoteFamily: family })) {
    Object.defineProperty(socket, name, { value, configurable: true, enumerable: false, writable: true });
  }
}
