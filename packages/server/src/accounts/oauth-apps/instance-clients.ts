import { createHash } from "node:crypto";
import { Type, type Static } from "typebox";
import { Value } from "typebox/value";

const clientSchema = Type.Object(
  {
    app: Type.String({ minLength: 1 }),
    client_id: Type.String({ minLength: 1 }),
    client_secret: Type.Optional(Type.String()),
    name: Type.Optional(Type.String()),
    scopes: Type.Optional(Type.Array(Type.String())),
    additional_scopes: Type.Optional(Type.Array(Type.String())),
    authorize_params: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  { additionalProperties: false },
);

type ClientEntry = Static<typeof clientSchema>;

/** A client of the operator at a provider: all workspaces may connect accounts with it. */
export type InstanceClient = ClientEntry & { readonly oauthAppId: string };

/**
 * Reads the operator's clients, a JSON array. An entry with a mistake is left out, and said.
 * @returns the clients, and a sentence for each mistake, without its values
 */
export function readInstanceClients(text: string): { clients: InstanceClient[]; mistakes: string[] } {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    return { clients: [], mistakes: ["it is not valid JSON"] };
  }
  if (!Array.isArray(entries)) return { clients: [], mistakes: ["it must be a JSON array of clients"] };
  const clients: InstanceClient[] = [];
  const mistakes: string[] = [];
  for (const [index, entry] of entries.entries()) {
    if (Value.Check(clientSchema, entry)) clients.push({ ...entry, oauthAppId: idOf(entry) });
    else
      for (const { instancePath, message } of Value.Errors(clientSchema, entry))
        mistakes.push(`${index}${instancePath}: ${message}`);
  }
  return { clients, mistakes };
}

/** The same on every node and after every start, so that accounts find the client they were connected with. */
function idOf({ app, client_id }: ClientEntry): string {
  const digest = createHash("sha256").update(`${app}\n${client_id}`).digest("base64url");
  return `oa_${digest.replace(/[-_]/g, "").slice(0, 12)}`;
}
