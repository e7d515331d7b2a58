import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useChange } from "../../api/index.ts";
import { CodeEditor } from "../../code/index.ts";
import { Button, Dialog, ErrorNote } from "../../ui/index.ts";

interface SendTestEventProps {
  workflowId: string;
  isOpen: boolean;
  onClose(): void;
}

/** Runs the workflow with an event of one's own, and shows the run. */
export function SendTestEvent({ workflowId, isOpen, onClose }: SendTestEventProps) {
  const navigate = useNavigate();
  const [text, setText] = useState('{\n  "method": "POST",\n  "body": { "hello": "world" }\n}');
  const [problem, setProblem] = useState<unknown>(null);
  const run = useChange("createWorkflowRun", { stale: ["listWorkflowRuns"] });
  const send = (): void => {
    try {
      const event: unknown = JSON.parse(text);
      setProblem(null);
      const onSuccess = ({ data }: { data: { id: string } }): void =>
        void navigate({ to: "/runs/$id", params: { id: data.id } });
      run.mutate({ workflow_id: workflowId, event }, { onError: setProblem, onSuccess });
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <Dialog
      title="Send a test event"
      description="It is what steps read as steps.trigger.event."
      isOpen={isOpen}
      onClose={onClose}
      isWide
    >
      <div className="flex flex-col gap-3">
        <CodeEditor label="Event as JSON" lang="json" value={text} onChange={setText} />
        {problem != null && <ErrorNote error={problem} />}
        <Button kind="primary" className="self-end" isBusy={run.isPending} onClick={send}>
          Run
        </Button>
      </div>
    </Dialog>
  );
}
