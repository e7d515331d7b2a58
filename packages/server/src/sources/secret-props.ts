import type { ConfigurableProp, Json, JsonObject } from "@millrace/runner";
import type { SealedText, Vault } from "../accounts/index.ts";

/** The stored form of configured props. */
interface StoredProps {
  props: JsonObject;
  /** By name: JSON texts of the values of `secret` props. */
  sealed: Record<string, SealedText>;
}

/** Keeps the values of `secret` props encrypted at rest. */
export class SecretProps {
  readonly #vault: Pick<Vault, "seal" | "open">;

  constructor(options: { vault: Pick<Vault, "seal" | "open"> }) {
    this.#vault = options.vault;
  }

  /** Configured props as text for the database. */
  async seal(
    orgId: string,
    { definition, props }: { definition: readonly ConfigurableProp[]; props: JsonObject },
  ): Promise<string> {
    const stored: StoredProps = { props: { ...props }, sealed: {} };
    for (const prop of definition) {
      const value = props[prop.name];
      if (!prop.secret || value === undefined) continue;
      delete stored.props[prop.name];
      stored.sealed[prop.name] = await this.#vault.seal(orgId, JSON.stringify(value));
    }
    return JSON.stringify(stored);
  }

  /** The opposite. @throws VaultError when a secret cannot be opened */
  async open(orgId: string, stored: string): Promise<JsonObject> {
    const { props, sealed } = JSON.parse(stored) as StoredProps;
    for (const [name, box] of Object.entries(sealed)) {
      props[name] = JSON.parse(await this.#vault.open(orgId, box.vaultKeyId, box.sealed)) as Json;
    }
    return props;
  }

  /** Configured props for showing: null stands for each secret. */
  withoutSecrets(stored: string): JsonObject {
    const { props, sealed } = JSON.parse(stored) as StoredProps;
    for (const name of Object.keys(sealed)) props[name] = null;
    return props;
  }
}
