/** Real services from Debian packages for tests: each in a temporary directory, as an unprivileged user, on loopback. */
export { skipWithout, type ServiceName } from "./availability.ts";
export { freePort } from "./daemon-process.ts";
export { MariadbService } from "./mariadb.ts";
export { PostgresService } from "./postgres.ts";
export { SftpService } from "./sftp.ts";
export { OAuthServer } from "./oauth-server.ts";
export { OAuth1Server } from "./oauth1-server.ts";
