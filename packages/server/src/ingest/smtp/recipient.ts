/** What an address says: whose it is, and whether its mail is kept raw. */
export interface Recipient {
  readonly key: string;
  readonly isRaw: boolean;
}

const KEY = /^[0-9a-z]{8,64}$/;

/** Reads `<key>[+anything]@<any domain>`; at a domain that begins with `upload.`, mail is kept raw. Null: it is no address of ours. */
export function recipientOf(address: string): Recipient | null {
  const at = address.lastIndexOf("@");
  const [key = ""] = address.slice(0, Math.max(at, 0)).toLowerCase().split("+", 1);
  if (!KEY.test(key)) return null;
  return {
    key,
    isRaw: address
      .slice(at + 1)
      .toLowerCase()
      .startsWith("upload."),
  };
}
