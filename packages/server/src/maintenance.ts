import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { BackupError, makeBackup, restoreBackup } from "./backup/index.ts";
import { buildConfig, readEnv } from "./config/index.ts";
import { versionOfMillrace } from "./context/index.ts";
import { StartupError } from "./core/index.ts";

const HELP = `millrace backup [file]    one archive of the whole instance, also while it runs (--json)
millrace restore <file>   into an empty MILLRACE_DATA_DIR and an empty database (--json)

They take the settings of the server, from the same variables. The archive holds every secret: keep it like a key.`;

class UsageError extends Error {}

/** `millrace backup` and `millrace restore`: they work with the server's settings, on the server's machine. */
async function main(): Promise<string> {
  const options = { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [command, file, ...more] = positionals;
  if (values.help === true) return HELP;
  if (more.length > 0 || (command === "restore" && file === undefined)) throw new UsageError(HELP);
  const config = buildConfig(readEnv());
  const report =
    command === "restore"
      ? await restoreBackup(config, resolve(file ?? ""))
      : await makeBackup(config, { path: resolve(file ?? nameOf(new Date())), version: await versionOfMillrace() });
  if (values.json === true) return JSON.stringify(report);
  if ("path" in report) {
    const size = `${(report.size_bytes / 1024 ** 2).toFixed(1)} MB`;
    return `${report.path}: ${report.rows} rows, ${report.files} stored files, ${size}. It holds every secret of the instance.`;
  }
  const s3 = report.files_in === "s3" ? " The stored files are in the S3 bucket, which is backed up by itself." : "";
  return `Restored ${report.rows} rows and ${report.files} stored files of ${new Date(report.created_at_ms).toISOString()}.${s3}\nStart it with "millrace start".`;
}

function nameOf(now: Date): string {
  return `millrace-backup-${now.toISOString().replaceAll(/[-:]|\.\d+/g, "")}.tar.gz`;
}

try {
  process.stdout.write(`${await main()}\n`);
} catch (error) {
  const isWrongCall = error instanceof UsageError || (error instanceof TypeError && "code" in error);
  if (!(error instanceof BackupError || error instanceof StartupError || isWrongCall)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = isWrongCall ? 2 : 1;
}
