/** What a workspace with a quota has used of it today, as far as this node knows. */
export interface QuotaLevel {
  readonly used: number;
  /** Credits a day; more than 0. */
  readonly quota: number;
  /** The day's end, when it counts no more. */
  readonly endsAtMs: number;
}

/** Workspaces that have a quota: none is the usual case, and then asking costs nothing. */
export class QuotaLevels {
  readonly #levels = new Map<string, QuotaLevel>();

  get size(): number {
    return this.#levels.size;
  }

  get(orgId: string): QuotaLevel | undefined {
    return this.#levels.get(orgId);
  }

  orgIds(): Iterable<string> {
    return this.#levels.keys();
  }

  set(orgId: string, level: QuotaLevel | null): void {
    if (level === null) this.#levels.delete(orgId);
    else this.#levels.set(orgId, level);
  }

  /** Until when a workspace has used up its quota; null: it has not. */
  exceededUntilMs(orgId: string, nowMs: number): number | null {
    const level = this.#levels.size === 0 ? undefined : this.#levels.get(orgId);
    return level && level.used >= level.quota && nowMs < level.endsAtMs ? level.endsAtMs : null;
  }

  /** Counts what was used; other nodes' use comes with the next look at the database. */
  add(orgId: string, credits: number): void {
    const level = this.#levels.get(orgId);
    if (level) this.#levels.set(orgId, { ...level, used: level.used + credits });
  }
}
