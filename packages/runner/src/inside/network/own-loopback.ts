import { readFileSync } from "node:fs";
import { Server } from "node:net";
import type { ConnectTarget } from "./target.ts";

const LISTENING = "0A";

/**
 * Tells connections that stay inside the sandbox: to servers that this process opened on its loopback and, in a network
 * namespace of its own, to those of its child processes too. Everything else on loopback is the machine's, and for the proxy to judge.
 */
export class OwnLoopback {
  readonly #hasOwnNamespace: boolean;
  readonly #ports = new Set<number>();

  constructor(hasOwnNamespace: boolean) {
    this.#hasOwnNamespace = hasOwnNamespace;
  }

  /** Starts noting which ports servers of this process listen on. */
  watch(): void {
    const ports = this.#ports;
    const listen = Reflect.get(Server.prototype, "listen") as (...args: unknown[]) => Server;
    const watched = function watchedListen(this: Server, ...args: unknown[]): Server {
      this.once("listening", () => {
        const address = this.address();
        if (typeof address !== "object" || address === null) return;
        ports.add(address.port);
        this.once("close", () => ports.delete(address.port));
      });
      return Reflect.apply(listen, this, args);
    };
    Reflect.set(Server.prototype, "listen", watched);
  }

  has({ host, port }: ConnectTarget): boolean {
    if (!isLoopback(host)) return false;
    return this.#ports.has(port) || (this.#hasOwnNamespace && isListening(port));
  }
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function isListening(port: number): boolean {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["/proc/net/tcp", "/proc/net/tcp6"].some((table) => {
    try {
      return readFileSync(table, "latin1")
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .some(([, local, , state]) => state === LISTENING && local?.endsWith(suffix));
    } catch {
      return false;
    }
  });
}
