import type { Database } from "../../db/index.ts";

/** Whose mail it is. */
export interface EmailTrigger {
  readonly orgId: string;
  readonly workflowId: string;
  /** `ei_…`: the emitter of its events. */
  readonly triggerId: string;
}

const FIND = `
select org_id as "orgId", workflow_id as "workflowId", trigger_id as "triggerId"
from workflow_triggers join workflows using (org_id, workflow_id)
where key = $1 and kind = 'email' and active`;

/** Finds active workflows by the key of an address, which is the secret that leads to the workspace. */
export class EmailTriggers {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  /** @throws ApiError `unavailable` */
  async find(key: string): Promise<EmailTrigger | null> {
    const { rows } = await this.#db.query<EmailTrigger & Record<string, string>>(FIND, [key]);
    return rows[0] ?? null;
  }
}
