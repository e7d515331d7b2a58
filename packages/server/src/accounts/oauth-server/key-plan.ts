/** A signing key: from when on it signs, and whether this node can sign with it. */
export interface PlannedKey {
  readonly keyId: string;
  readonly signsFromMs: number;
  readonly canSign: boolean;
}

export interface KeyPlan {
  /** From when on a new key is to sign; null when none is needed. */
  readonly newKeySignsFromMs: number | null;
  /** Keys whose last token has expired. */
  readonly expiredKeyIds: readonly string[];
}

export const TOKEN_LIFETIME_MS = 3_600_000;
const SIGNS_FOR_MS = 30 * 24 * 3_600_000;
/** Whoever keeps a copy of the published keys has read the new one before it signs. */
const PUBLISHED_AHEAD_MS = 3_600_000;
/** For nodes whose clocks differ. */
const SLACK_MS = 3_600_000;

/** The key that signs now: the one that began last. */
export function signerOf<Key extends PlannedKey>(keys: readonly Key[], nowMs: number): Key | null {
  let signer: Key | null = null;
  for (const key of keys) {
    if (!key.canSign) continue;
    if (key.signsFromMs <= nowMs && (signer === null || key.signsFromMs > signer.signsFromMs)) signer = key;
  }
  return signer;
}

/** Which signing keys to make and to drop now. */
export function planKeys(keys: readonly PlannedKey[], nowMs: number): KeyPlan {
  const signer = signerOf(keys, nowMs);
  const hasNext = keys.some((key) => key.canSign && key.signsFromMs > nowMs);
  const endsAtMs = (signer?.signsFromMs ?? 0) + SIGNS_FOR_MS;
  const isDue = !hasNext && endsAtMs - PUBLISHED_AHEAD_MS <= nowMs;
  const newKeySignsFromMs = signer === null ? nowMs : isDue ? nowMs + PUBLISHED_AHEAD_MS : null;
  const inOrder = keys.toSorted((a, b) => a.signsFromMs - b.signsFromMs);
  const expired = inOrder.filter((_key, index) => {
    const successor = inOrder[index + 1];
    return successor !== undefined && successor.signsFromMs + TOKEN_LIFETIME_MS + SLACK_MS <= nowMs;
  });
  return { newKeySignsFromMs, expiredKeyIds: expired.map((key) => key.keyId) };
}
