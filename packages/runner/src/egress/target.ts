import { connect, isIP, type Socket } from "node:net";
import { bareHost, type AddressPolicy } from "./address-policy.ts";
import type { ResolveHost } from "./host-resolver.ts";

/** Where user code wants to go. */
export interface EgressTarget {
  readonly host: string;
  readonly port: number;
}

/** Why a connection was not made, as the errno that a socket in the sandbox shall report. */
export class EgressError extends Error {
  override name = "EgressError";
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  static from(error: unknown): EgressError {
    if (error instanceof EgressError) return error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "ECONNREFUSED";
    return new EgressError(code, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const CONNECT_TIMEOUT_MS = 10_000;
const RESOLVE_TIMEOUT_MS = 15_000;
const MAX_ADDRESSES_TRIED = 4;

/** Splits `host:port` or `[v6]:port`. @throws EgressError */
export function parseAuthority(authority: string): EgressTarget {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s/]+):(\d{1,5})$/.exec(authority);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw new EgressError("EINVAL", `"${authority.slice(0, 200)}" is not host:port`);
  }
  return { host: bareHost(match[1]), port };
}

async function resolveInTime(host: string, resolve: ResolveHost): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const { promise, reject } = Promise.withResolvers<never>();
  const late = new EgressError("ETIMEDOUT", `${host} was not resolved in time`);
  const timer = setTimeout(() => reject(late), RESOLVE_TIMEOUT_MS);
  try {
    return await Promise.race([resolve(host), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Resolves once and keeps the addresses that the policy lets through: the connection is then made to one of these and to nothing
 * else, so a name that answers differently the next time gains nothing.
 * @throws EgressError `EACCES` when the policy leaves none.
 */
export async function vettedAddresses(
  target: EgressTarget,
  by: { policy: AddressPolicy; resolve: ResolveHost },
): Promise<string[]> {
  const addresses = await resolveInTime(bareHost(target.host), by.resolve);
  if (by.policy.isPublicUrl(target.host, target.port)) return [...addresses];
  const verdicts = addresses.map((address) => ({ address, verdict: by.policy.judge(address) }));
  const allowed = verdicts.filter(({ verdict }) => verdict.isAllowed).map(({ address }) => address);
  if (allowed.length > 0) return allowed;
  const refused = verdicts.map(({ verdict }) => verdict).find((verdict) => !verdict.isAllowed);
  if (refused?.isAllowed === false) throw new EgressError("EACCES", refused.reason);
  throw new EgressError("ENOTFOUND", `${target.host} has no address`);
}

/** Connects to the first address that answers. @throws the last error. */
export async function openTarget(addresses: readonly string[], port: number): Promise<Socket> {
  let failure: unknown;
  for (const address of addresses.slice(0, MAX_ADDRESSES_TRIED)) {
    try {
      return await openAddress(connect({ host: address, port, noDelay: true, allowHalfOpen: true }));
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function openAddress(socket: Socket): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const fail = (error: Error): void => {
    socket.destroy();
    reject(error);
  };
  socket.once("error", fail);
  socket.setTimeout(CONNECT_TIMEOUT_MS, () => fail(new EgressError("ETIMEDOUT", "the connection timed out")));
  socket.once("connect", () => {
    socket.off("error", fail);
    socket.setTimeout(0);
    socket.removeAllListeners("timeout");
    resolve(socket);
  });
  return promise;
}
