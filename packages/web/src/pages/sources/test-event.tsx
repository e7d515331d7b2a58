import { useChange } from "../../api/index.ts";
import { JsonDialog } from "../../code/index.ts";
import { useToast } from "../../ui/index.ts";

interface TestEventProps {
  sourceId: string;
  isOpen: boolean;
  onClose(): void;
}

/** Emits an event in the source's name, to try what listens to it. */
export function TestEvent({ sourceId, isOpen, onClose }: TestEventProps) {
  const say = useToast();
  const create = useChange("createSourceEvent");
  const emit = (event: unknown): void => {
    const onSuccess = ({ data }: { data: { id: string | null } }): void => {
      say(data.id === null ? "Deduplication dropped it." : "The event is emitted.");
      onClose();
    };
    create.mutate({ source_id: sourceId, event }, { onSuccess });
  };
  return (
    <JsonDialog
      title="Emit a test event"
      description="All that listens to this source gets it."
      action="Emit"
      initial={'{\n  "hello": "world"\n}'}
      isOpen={isOpen}
      isBusy={create.isPending}
      error={create.error}
      onClose={onClose}
      onSend={emit}
    />
  );
}
