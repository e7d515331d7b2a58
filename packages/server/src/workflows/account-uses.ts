import type { JsonObject } from "@millrace/runner";
import type { Database } from "../db/index.ts";
import { isRecord } from "../sources/index.ts";
import { leavesOf, type StoredDefinition, type StoredStep } from "./definition/index.ts";

/** What would stop working without an account. */
export interface AccountUse {
  readonly sources: readonly { id: string; name: string; active: boolean }[];
  readonly workflows: readonly { id: string; name: string; active: boolean; steps: string[] }[];
}

/** Finds what uses an account: rows whose text names it, of which the form is looked at then. */
export class AccountUses {
  readonly #db: Database;

  constructor(options: { db: Database }) {
    this.#db = options.db;
  }

  async of(orgId: string, accountId: string): Promise<AccountUse> {
    const [sources, workflows] = await Promise.all([
      this.#sources(orgId, accountId),
      this.#workflows(orgId, accountId),
    ]);
    return { sources, workflows };
  }

  async #sources(orgId: string, accountId: string): Promise<AccountUse["sources"]> {
    const { rows } = await this.#db.query<{ source_id: string; name: string; state: string; configured_props: string }>(
      `select source_id, name, state, configured_props from sources where org_id = $1 and state <> 'deploying'
       and strpos(configured_props, $2) > 0 order by name, source_id`,
      [orgId, accountId],
    );
    return rows
      .filter(({ configured_props: text }) => namesAccount(JSON.parse(text) as { props: JsonObject }, accountId))
      .map(({ source_id: id, name, state }) => ({ id, name, active: state === "active" }));
  }

  async #workflows(orgId: string, accountId: string): Promise<AccountUse["workflows"]> {
    const { rows } = await this.#db.query<{ workflow_id: string; name: string; active: boolean; definition: string }>(
      `select workflow_id, workflow.name, active, definition from workflows as workflow
       join workflow_versions as version using (org_id, workflow_id, deployment_id)
       where org_id = $1 and strpos(definition, $2) > 0 order by workflow.name, workflow_id`,
      [orgId, accountId],
    );
    return rows
      .map(({ workflow_id: id, name, active, definition }) => {
        const { steps } = JSON.parse(definition) as StoredDefinition;
        const using = leavesOf<StoredStep>(steps).filter((step) => Object.values(step.accounts).includes(accountId));
        return { id, name, active, steps: using.map(({ namespace }) => namespace) };
      })
      .filter(({ steps }) => steps.length > 0);
  }
}

function namesAccount({ props }: { props: JsonObject }, accountId: string): boolean {
  return Object.values(props).some((value) => isRecord(value) && value["authProvisionId"] === accountId);
}
