/** What the server is started with; durability (fsync, full_page_writes, synchronous_commit) stays at its defaults: on. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  shared_buffers: "128MB",
  wal_level: "minimal",
  max_wal_senders: "0",
  wal_compression: "pglz",
  io_method: "sync",
  jit: "off",
  // Bounds the recovery after a crash to a few seconds.
  max_wal_size: "1GB",
  checkpoint_timeout: "15min",
  max_connections: "40",
  max_logical_replication_workers: "0",
  log_checkpoints: "off",
};

/** The server's command line. */
export function serverArgs(options: {
  clusterDir: string;
  socketDir: string;
  settings?: Readonly<Record<string, string>>;
}): string[] {
  const settings = Object.entries({ ...SETTINGS, ...options.settings });
  const flags = settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return ["-D", options.clusterDir, "-k", options.socketDir, ...flags];
}
