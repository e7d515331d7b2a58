export interface SlotLimits {
  /** Deliveries in work at once on this node. */
  total: number;
  /** Of these, for one listener. */
  perListener: number;
}

/**
 * Who may work at once. Besides its own limit, a listener never gets more slots than are still free: however many slow
 * listeners there are, a newcomer finds room.
 */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #used = new Map<string, number>();
  #inUse = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  get perListener(): number {
    return this.#limits.perListener;
  }

  get inUse(): number {
    return this.#inUse;
  }

  get free(): number {
    return this.#limits.total - this.#inUse;
  }

  tryTake(listenerId: string): boolean {
    const used = this.#used.get(listenerId) ?? 0;
    if (used >= this.#limits.perListener || used >= this.free) return false;
    this.take(listenerId);
    return true;
  }

  /** Takes a slot whatever the limits say: for work that is held already. */
  take(listenerId: string): void {
    this.#used.set(listenerId, (this.#used.get(listenerId) ?? 0) + 1);
    this.#inUse++;
  }

  release(listenerId: string): void {
    const used = this.#used.get(listenerId) ?? 0;
    if (used <= 0) throw new Error(`No slot of ${listenerId} is in use`);
    if (used === 1) this.#used.delete(listenerId);
    else this.#used.set(listenerId, used - 1);
    this.#inUse--;
  }

  /** Listeners with work in progress and how many more slots each would get. */
  *roomLeft(): Iterable<[listenerId: string, room: number]> {
    for (const listenerId of this.#used.keys()) yield [listenerId, this.roomOf(listenerId)];
  }

  /** How many more slots a listener would get. */
  roomOf(listenerId: string): number {
    const used = this.#used.get(listenerId) ?? 0;
    return Math.max(0, Math.min(this.#limits.perListener - used, Math.ceil((this.free - used) / 2)));
  }
}
