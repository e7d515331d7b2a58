/** Times leave the API as epoch seconds. */
export function epochSecondsOf(atMs: number): number;
export function epochSecondsOf(atMs: number | null): number | null;
export function epochSecondsOf(atMs: number | null): number | null {
  return atMs === null ? null : Math.floor(atMs / 1000);
}
