import { useRead } from "../api/index.ts";
import { useWorkspace } from "../shell/index.ts";
import { Select } from "../ui/index.ts";

interface DataStoreInputProps {
  ids: { id: string };
  value: unknown;
  onChange(value: unknown): void;
}

export function DataStoreInput({ ids, value, onChange }: DataStoreInputProps) {
  const workspace = useWorkspace();
  const stores = useRead("listDataStores", { org_id: workspace.id, limit: 100 });
  return (
    <Select
      {...ids}
      value={typeof value === "string" ? value : ""}
      onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value)}
    >
      <option value="">Choose a data store…</option>
      {stores.data?.data.map((store) => (
        <option key={store.id} value={store.id}>
          {store.name}
        </option>
      ))}
    </Select>
  );
}
