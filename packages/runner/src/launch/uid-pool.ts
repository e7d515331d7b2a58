import { createServer, type Server } from "node:net";

const FIRST_UID = 20_000;
const BLOCK_SIZE = 250;
const BLOCK_COUNT = 40;

/** No free user id is left for a sandbox. */
export class NoFreeUidError extends Error {
  override name = "NoFreeUidError";
  readonly code = "UNAVAILABLE";
}

/**
 * Hands out user ids from 20000 to 29999, each to one live sandbox of this machine. Ids come in blocks that are reserved against
 * other processes by listening on an abstract socket, which the kernel frees when its owner dies.
 */
export class UidPool {
  readonly #free: number[] = [];
  readonly #locks: Server[] = [];
  #nextBlock = 0;

  /** Takes an id that no live sandbox has. @throws NoFreeUidError */
  async take(): Promise<number> {
    while (this.#free.length === 0) await this.#reserveBlock();
    return this.#free.shift() as number;
  }

  /** Gives an id back once nothing of its process is left. */
  release(uid: number): void {
    this.#free.push(uid);
  }

  close(): void {
    for (const lock of this.#locks) lock.close();
  }

  async #reserveBlock(): Promise<void> {
    while (this.#nextBlock < BLOCK_COUNT) {
      const block = this.#nextBlock++;
      const lock = await listenOn(`\0millrace-runner-uids-${block}`);
      if (lock === null) continue;
      this.#locks.push(lock);
      for (let index = 0; index < BLOCK_SIZE; index++) this.#free.push(FIRST_UID + block * BLOCK_SIZE + index);
      return;
    }
    throw new NoFreeUidError("all user ids for sandboxes are in use");
  }
}

function listenOn(path: string): Promise<Server | null> {
  const { promise, resolve } = Promise.withResolvers<Server | null>();
  const server = createServer((socket) => socket.destroy());
  server.once("error", () => resolve(null));
  server.listen(path, () => resolve(server));
  server.unref();
  return promise;
}
