import { BackupError } from "./backup-error.ts";

/** What the archive's layout is called; another number is another layout. */
export const FORMAT_VERSION = 1;
export const MANIFEST = "manifest.json";
export const END = "end.json";

export interface TableShape {
  readonly name: string;
  readonly columns: readonly string[];
}

/** The first entry: what the archive is, and what of. */
export interface Manifest {
  readonly format: "millrace backup";
  readonly format_version: number;
  readonly millrace_version: string;
  readonly created_at_ms: number;
  /** Tells the instance's secret key from others. */
  readonly key_fingerprint: string;
  readonly migrations: readonly { readonly number: number; readonly name: string; readonly sha256: string }[];
  /** In the order in which they can be filled: no row refers to one of a later table. */
  readonly tables: readonly TableShape[];
  readonly partitions: readonly string[];
  /** Whether the bytes of stored files are in the archive, or in the operator's S3 bucket. */
  readonly files: "included" | "s3";
}

/** The last entry: an archive without it is not whole. */
export interface ArchiveEnd {
  readonly sequences: readonly { readonly name: string; readonly last_value: string; readonly is_called: boolean }[];
  readonly rows: Readonly<Record<string, number>>;
  readonly entries: number;
  /** Of the names, sizes and bytes of all entries before this one. */
  readonly sha256: string;
}

/** @throws BackupError `archive_damaged` or `archive_newer` */
export function readManifest(text: string): Manifest {
  const manifest = parsed(text) as Partial<Manifest>;
  if (manifest.format !== "millrace backup" || typeof manifest.format_version !== "number") {
    throw new BackupError("archive_damaged", "This is not a backup of Millrace.");
  }
  if (manifest.format_version > FORMAT_VERSION) {
    throw new BackupError(
      "archive_newer",
      `The backup was made by Millrace ${manifest.millrace_version}, whose archives this version cannot read; restore it with that version.`,
    );
  }
  return manifest as Manifest;
}

/** @throws BackupError `archive_damaged` */
export function readEnd(text: string): ArchiveEnd {
  return parsed(text) as ArchiveEnd;
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw damaged("an entry of it is not JSON");
}

export function damaged(what: string, options?: ErrorOptions): BackupError {
  return new BackupError(
    "archive_damaged",
    `The backup is damaged or was cut short (${what}); use another one.`,
    options,
  );
}
