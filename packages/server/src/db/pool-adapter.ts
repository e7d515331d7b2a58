import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import type pg from "pg";
import { breaksConnection, mapDatabaseError } from "./unavailable.ts";

/** A checked-out connection for Kysely: errors are mapped, and a broken connection does not go back into the pool. */
function adaptClient(client: pg.PoolClient): PostgresPoolClient {
  let isBroken = false;
  async function query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    try {
      return (await client.query(sql, [...parameters])) as unknown as PostgresQueryResult<R>;
    } catch (error) {
      isBroken ||= breaksConnection(error);
      throw mapDatabaseError(error);
    }
  }
  return {
    query: query as PostgresPoolClient["query"],
    release: () => client.release(isBroken),
  };
}

/** The pool as Kysely uses it. Every failure to reach the database is an ApiError `unavailable`. */
export function adaptPool(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => Promise.resolve(),
    async connect() {
      try {
        return adaptClient(await pool.connect());
      } catch (error) {
        throw mapDatabaseError(error);
      }
    },
  };
}
