import type { Timer } from "../../sources/index.ts";

/** Timers by their next tick: a binary heap, so that thousands of them cost nothing while they wait. */
export class TimerQueue {
  #heap: Timer[] = [];
  readonly #current = new Map<string, Timer>();

  get size(): number {
    return this.#current.size;
  }

  /** Adds a timer, or replaces what was known of it. */
  put(timer: Timer): void {
    this.#current.set(timer.timerId, timer);
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    // Replaced entries stay in the heap until they come up; too many of them are cleared out.
    if (this.#heap.length > 64 && this.#heap.length > 2 * this.#current.size) this.#rebuild();
  }

  /** Forgets a timer. */
  remove(timerId: string): void {
    this.#current.delete(timerId);
  }

  /** Forgets the timers of an owner. */
  removeOf(ownerId: string): void {
    for (const timer of this.#current.values()) if (timer.ownerId === ownerId) this.#current.delete(timer.timerId);
  }

  clear(): void {
    this.#heap = [];
    this.#current.clear();
  }

  /** When the next tick is due; null when there is none. */
  nextAtMs(): number | null {
    this.#dropStale();
    return this.#heap[0]?.nextAtMs ?? null;
  }

  /** Takes all that are due out. */
  takeDue(nowMs: number): Timer[] {
    const due: Timer[] = [];
    for (let next = this.nextAtMs(); next !== null && next <= nowMs; next = this.nextAtMs()) {
      const timer = this.#pop();
      if (!timer) break;
      this.#current.delete(timer.timerId);
      due.push(timer);
    }
    return due;
  }

  #dropStale(): void {
    for (let top = this.#heap[0]; top && this.#current.get(top.timerId) !== top; top = this.#heap[0]) this.#pop();
  }

  #rebuild(): void {
    this.#heap = [...this.#current.values()].toSorted((a, b) => a.nextAtMs - b.nextAtMs);
  }

  #pop(): Timer | undefined {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (last && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return top;
  }

  #rise(from: number): void {
    for (let index = from; index > 0;) {
      const parent = (index - 1) >> 1;
      if (this.#at(parent) <= this.#at(index)) return;
      this.#swap(parent, index);
      index = parent;
    }
  }

  #sink(from: number): void {
    for (let index = from; ;) {
      const left = 2 * index + 1;
      const least = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(index) <= this.#at(least)) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.nextAtMs ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (!first || !second) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}
