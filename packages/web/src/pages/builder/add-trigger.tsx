import { Plus } from "lucide-react";
import { Button, Menu } from "../../ui/index.ts";
import { newKey, type TriggerDraft } from "./draft.ts";

export function AddTrigger({ onAdd }: { onAdd(trigger: TriggerDraft): void }) {
  const make = (type: TriggerDraft["type"], props: TriggerDraft["props"]): void =>
    onAdd({ key: newKey(), id: null, type, sourceId: null, props, shown: null });
  return (
    <Menu
      trigger={
        <Button small>
          <Plus aria-hidden className="size-3.5" />
          Add a trigger
        </Button>
      }
      items={[
        { label: "HTTP request", onSelect: () => make("http", {}) },
        { label: "Schedule", onSelect: () => make("timer", { interval_seconds: 900 }) },
        { label: "Email", onSelect: () => make("email", {}) },
        { label: "Events of a source", onSelect: () => make("source", {}) },
      ]}
    />
  );
}
