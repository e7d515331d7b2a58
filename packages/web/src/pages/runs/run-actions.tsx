import { useNavigate } from "@tanstack/react-router";
import { Link2, RotateCcw, SkipForward, XCircle } from "lucide-react";
import { describeError, useChange } from "../../api/index.ts";
import { Button, useToast } from "../../ui/index.ts";
import type { Run } from "./timeline.tsx";

const ENDED = new Set(["success", "error", "cancelled"]);

/** Replay, replay from the step that is looked at, cancel, share. */
export function RunActions({ run, step }: { run: Run; step: string | undefined }) {
  const say = useToast();
  const navigate = useNavigate();
  const replay = useChange("replayRun", { stale: ["listWorkflowRuns"] });
  const cancel = useChange("cancelRun", { stale: ["getRun", "listWorkflowRuns"] });
  const onError = (error: unknown): void => say(describeError(error), { isBad: true });
  const again = (fromStep?: string): void => {
    const input = { run_id: run.id, ...(fromStep !== undefined && { from_step: fromStep }) };
    replay.mutate(input, {
      onError,
      onSuccess: ({ data }) => void navigate({ to: "/runs/$id", params: { id: data.id } }),
    });
  };
  const share = async (): Promise<void> => {
    await navigator.clipboard.writeText(location.href);
    say("The link is copied: members of this workspace can open it.");
  };
  const isEnded = ENDED.has(run.status);
  return (
    <>
      <Button onClick={() => void share()}>
        <Link2 aria-hidden className="size-4" />
        Share
      </Button>
      {isEnded && (
        <Button isBusy={replay.isPending} onClick={() => again()}>
          <RotateCcw aria-hidden className="size-4" />
          Replay
        </Button>
      )}
      {isEnded && step !== undefined && (
        <Button isBusy={replay.isPending} onClick={() => again(step)}>
          <SkipForward aria-hidden className="size-4" />
          Replay from {step}
        </Button>
      )}
      {!isEnded && (
        <Button kind="danger" isBusy={cancel.isPending} onClick={() => cancel.mutate({ run_id: run.id }, { onError })}>
          <XCircle aria-hidden className="size-4" />
          Cancel
        </Button>
      )}
    </>
  );
}
