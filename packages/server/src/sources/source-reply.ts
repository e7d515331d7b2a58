import type { ReplyOf, sourceOperations } from "@millrace/contract";
import type { ComponentDefinition } from "@millrace/runner";
import type { Database } from "../db/index.ts";
import type { Endpoints } from "./endpoints.ts";
import { endpointKeysOf } from "./interface-rows.ts";
import type { SecretProps } from "./secret-props.ts";
import { shownProps } from "./shown-props.ts";
import type { ListedSource } from "./source-rows.ts";

/** A source as replies show it. */
export type SourceReply = ReplyOf<typeof sourceOperations.getSource>["data"];

export interface SourceRepliesOptions {
  db: Database;
  endpoints: Endpoints;
  secrets: SecretProps;
}

/** Shows sources. */
export class SourceReplies {
  readonly #options: SourceRepliesOptions;

  constructor(options: SourceRepliesOptions) {
    this.#options = options;
  }

  /** In the order of the rows. */
  async describe(rows: readonly ListedSource[]): Promise<SourceReply[]> {
    if (rows.length === 0) return [];
    const owners = rows.map((row) => ({ orgId: row.org_id, sourceId: row.source_id }));
    const keys = await endpointKeysOf(this.#options.db.kysely, owners);
    return rows.map((row) => this.#describe(row, keys.get(row.source_id) ?? {}));
  }

  #describe(row: ListedSource, keys: Record<string, string>): SourceReply {
    const { endpoints, secrets } = this.#options;
    const { configurableProps } = JSON.parse(row.definition) as ComponentDefinition;
    const endpointUrls = Object.fromEntries(Object.entries(keys).map(([prop, key]) => [prop, endpoints.urlOf(key)]));
    return {
      id: row.source_id,
      ...(row.user_id !== null && { user_id: row.user_id }),
      owner_id: row.org_id,
      component_id: row.component_id,
      configured_props: shownProps({
        definition: configurableProps,
        props: secrets.withoutSecrets(row.configured_props),
        endpointUrls,
      }),
      active: row.state === "active" || (row.state === "updating" && row.was_active),
      created_at: Math.floor(row.created_at_ms / 1000),
      updated_at: Math.floor(row.updated_at_ms / 1000),
      name: row.name,
      name_slug: row.name_slug,
    };
  }
}
