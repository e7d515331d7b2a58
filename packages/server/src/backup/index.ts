/** One archive of a whole instance: made from one moment of a running one, restored on an empty machine. */
export { BackupError } from "./backup-error.ts";
export { makeBackup, type BackupReport } from "./make-backup.ts";
export { assertRestored } from "./restore-marker.ts";
export { restoreBackup, type RestoreReport } from "./restore-backup.ts";
