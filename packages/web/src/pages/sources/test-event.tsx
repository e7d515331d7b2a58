import { useState } from "react";
import { CodeEditor } from "../../code/index.ts";
import { useChange } from "../../api/index.ts";
import { Button, Dialog, ErrorNote, useToast } from "../../ui/index.ts";

interface TestEventProps {
  sourceId: string;
  isOpen: boolean;
  onClose(): void;
}

/** Emits an event in the source's name, to try what listens to it. */
export function TestEvent({ sourceId, isOpen, onClose }: TestEventProps) {
  const say = useToast();
  const [text, setText] = useState('{\n  "hello": "world"\n}');
  const [problem, setProblem] = useState<unknown>(null);
  const create = useChange("createSourceEvent");
  const send = (): void => {
    try {
      const event: unknown = JSON.parse(text);
      setProblem(null);
      create.mutate(
        { source_id: sourceId, event },
        {
          onError: setProblem,
          onSuccess: ({ data }) => {
            say(data.id === null ? "Deduplication dropped it." : "The event is emitted.");
            onClose();
          },
        },
      );
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <Dialog
      title="Emit a test event"
      description="All that listens to this source gets it."
      isOpen={isOpen}
      onClose={onClose}
      isWide
    >
      <div className="flex flex-col gap-3">
        <CodeEditor label="Event as JSON" lang="json" value={text} onChange={setText} />
        {problem != null && <ErrorNote error={problem} />}
        <Button kind="primary" className="self-end" isBusy={create.isPending} onClick={send}>
          Emit
        </Button>
      </div>
    </Dialog>
  );
}
