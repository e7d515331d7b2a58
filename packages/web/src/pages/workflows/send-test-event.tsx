import { useNavigate } from "@tanstack/react-router";
import { useChange } from "../../api/index.ts";
import { JsonDialog } from "../../code/index.ts";

interface SendTestEventProps {
  workflowId: string;
  isOpen: boolean;
  onClose(): void;
}

const EVENT = '{\n  "method": "POST",\n  "body": { "hello": "world" }\n}';

/** Runs the workflow with an event of one's own, and shows the run. */
export function SendTestEvent({ workflowId, isOpen, onClose }: SendTestEventProps) {
  const navigate = useNavigate();
  const run = useChange("createWorkflowRun", { stale: ["listWorkflowRuns"] });
  const send = (event: unknown): void => {
    const onSuccess = ({ data }: { data: { id: string } }): void =>
      void navigate({ to: "/runs/$id", params: { id: data.id } });
    run.mutate({ workflow_id: workflowId, event }, { onSuccess });
  };
  return (
    <JsonDialog
      title="Send a test event"
      description="It is what steps read as steps.trigger.event."
      action="Run"
      initial={EVENT}
      isOpen={isOpen}
      isBusy={run.isPending}
      error={run.error}
      onClose={onClose}
      onSend={send}
    />
  );
}
