const SEQUENCES_PER_MS = 1024;

/**
 * Event ids are one safe integer, `ms * 1024 + sequence`, so that the database orders and compares them as numbers;
 * users see `<ms>-<sequence>`. More than 1,024 events of one emitter in one millisecond borrow from the next.
 */
export function formatEventId(eventId: number): string {
  return `${Math.floor(eventId / SEQUENCES_PER_MS)}-${eventId % SEQUENCES_PER_MS}`;
}

/** The smallest event id of a millisecond. */
export function firstEventIdAt(atMs: number): number {
  return atMs * SEQUENCES_PER_MS;
}

/** Milliseconds part of an event id. */
export function eventIdTimeMs(eventId: number): number {
  return Math.floor(eventId / SEQUENCES_PER_MS);
}

/** Parses `<ms>-<sequence>`; null when it is no event id. */
export function parseEventId(text: string): number | null {
  const match = /^(\d{1,13})-(\d{1,4})$/.exec(text);
  if (!match) return null;
  const eventId = Number(match[1]) * SEQUENCES_PER_MS + Number(match[2]);
  return Number(match[2]) < SEQUENCES_PER_MS && Number.isSafeInteger(eventId) ? eventId : null;
}
