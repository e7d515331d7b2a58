import { get } from "node:http";
import { isIP } from "node:net";
import { EGRESS_ERROR_HEADER } from "../../messages.ts";
import { parseJson } from "../safe-json.ts";
import { NetworkError } from "./network-error.ts";

export interface HostAddress {
  address: string;
  family: number;
}

export type ResolveHost = (host: string, syscall: string) => Promise<HostAddress[]>;

/** Asks the egress proxy for the addresses of a name; there is no resolver inside. */
export function proxyResolver(egressSocket: string): ResolveHost {
  return async (host, syscall) => {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family }];
    const reply = await ask(egressSocket, `/resolve?host=${encodeURIComponent(host)}`);
    if (reply.errorCode === null && reply.addresses.length > 0) return reply.addresses;
    throw new NetworkError({ code: reply.errorCode ?? "ENOTFOUND", syscall, host });
  };
}

function ask(socketPath: string, path: string): Promise<{ errorCode: string | null; addresses: HostAddress[] }> {
  return new Promise((resolve, reject) => {
    const request = get({ socketPath, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("error", reject);
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const named = response.headers[EGRESS_ERROR_HEADER];
        if (response.statusCode !== 200) {
          resolve({ errorCode: typeof named === "string" ? named : "ENOTFOUND", addresses: [] });
          return;
        }
        const { addresses } = parseJson(Buffer.concat(chunks).toString()) as { addresses: HostAddress[] };
        resolve({ errorCode: null, addresses });
      });
    });
    request.on("error", reject);
  });
}
