import type { CallReply, ListItem, MillraceClient } from "@millrace/client";
import { UsageError } from "../run/index.ts";

type Source = ListItem<"listMySources">;

/** A source by its id, name or slug. @throws UsageError when no source, or more than one, has the name */
export async function findSource(client: MillraceClient, named: string): Promise<CallReply<"getSource">["data"]> {
  if (named.startsWith("dc_")) return (await client.call("getSource", { id: named })).data;
  const found: Source[] = [];
  for await (const source of client.items("listMySources")) {
    if (source.name === named || source.name_slug === named) found.push(source);
  }
  const [only] = found;
  if (!only) throw new UsageError(`There is no source ${named}: millrace list sources shows all`);
  if (found.length > 1) {
    throw new UsageError(`Several sources are called ${named}: ${found.map(({ id }) => id).join(", ")}`);
  }
  return (await client.call("getSource", { id: only.id })).data;
}
