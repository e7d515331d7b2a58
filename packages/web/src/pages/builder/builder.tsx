import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { describeError, useChange } from "../../api/index.ts";
import { useWorkspace } from "../../shell/index.ts";
import { Button, ErrorNote, TextInput, useToast } from "../../ui/index.ts";
import { draftOf, type StepDraft, type WorkflowDraft, type WorkflowReply } from "./draft.ts";
import { Flow, type Selection } from "./flow.tsx";
import { pathsUpTo } from "./paths.ts";
import { requestOf } from "./request.ts";
import { StepEditor } from "./step-editor.tsx";
import { flatten, insertStep, moveStep, removeStep, updateStep, type Place } from "./tree.ts";
import { TriggerEditor } from "./trigger-editor.tsx";

interface BuilderProps {
  /** Null: a workflow that is not saved yet. */
  workflow: WorkflowReply | null;
}

const EMPTY: WorkflowDraft = { name: "New workflow", triggers: [], steps: [] };

/** The editor of a workflow: the flow at the left, what is selected at the right. What is not deployed is kept as a draft. */
export function Builder({ workflow }: BuilderProps) {
  const { draft, setDraft, isChanged, discard, isStale } = useWorkflowDraft(workflow);
  const [selection, setSelection] = useState<Selection>(null);
  const deploy = useDeploy(workflow, discard);
  const steps = useMemo(() => flatten(draft.steps), [draft.steps]);
  const setSteps = (next: StepDraft[]): void => setDraft({ ...draft, steps: next });
  const step = selection?.kind === "step" ? steps.find(({ key }) => key === selection.key) : undefined;
  const trigger = selection?.kind === "trigger" ? draft.triggers.find(({ key }) => key === selection.key) : undefined;
  const insert = (added: StepDraft, place: Place): void => {
    setSteps(insertStep(draft.steps, added, place));
    setSelection({ kind: "step", key: added.key });
  };
  return (
    <div className="flex flex-col gap-4">
      <Head
        name={draft.name}
        onRename={(name) => setDraft({ ...draft, name })}
        onDiscard={isChanged && workflow !== null ? discard : null}
        canDeploy={isChanged || workflow === null}
        isBusy={deploy.isPending}
        onDeploy={() => deploy.run(draft)}
      />
      {isStale && (
        <p role="alert" className="rounded-md bg-warn-soft px-4 py-2 text-sm text-warn">
          Somebody deployed another version meanwhile. Deploying replaces it; discard your changes to see it.
        </p>
      )}
      {deploy.error !== null && <ErrorNote error={deploy.error} />}
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
        <Flow
          draft={draft}
          selection={selection}
          onSelect={setSelection}
          onInsert={insert}
          onMove={(key, by) => setSteps(moveStep(draft.steps, key, by))}
          onAddTrigger={(added) => {
            setDraft({ ...draft, triggers: [...draft.triggers, added] });
            setSelection({ kind: "trigger", key: added.key });
          }}
        />
        {step !== undefined && (
          <StepEditor
            key={step.key}
            step={step}
            suggest={() => pathsUpTo(draft, step.key)}
            onChange={(changed) => setSteps(updateStep(draft.steps, changed))}
            onRemove={() => {
              setSteps(removeStep(draft.steps, step.key));
              setSelection(null);
            }}
          />
        )}
        {trigger !== undefined && (
          <TriggerEditor
            key={trigger.key}
            trigger={trigger}
            onChange={(changed) =>
              setDraft({ ...draft, triggers: draft.triggers.map((one) => (one.key === changed.key ? changed : one)) })
            }
            onRemove={() => setDraft({ ...draft, triggers: draft.triggers.filter((one) => one.key !== trigger.key) })}
          />
        )}
        {step === undefined && trigger === undefined && (
          <p className="rounded-lg border border-dashed px-6 py-14 text-center text-sm text-muted">
            Choose a trigger or a step to edit it, or add one with +.
          </p>
        )}
      </div>
    </div>
  );
}

interface HeadProps {
  name: string;
  onRename(name: string): void;
  /** Null: there is nothing to discard. */
  onDiscard: (() => void) | null;
  canDeploy: boolean;
  isBusy: boolean;
  onDeploy(): void;
}

function Head({ name, onRename, onDiscard, canDeploy, isBusy, onDeploy }: HeadProps) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <TextInput
        aria-label="Name of the workflow"
        className="w-64! font-medium"
        value={name}
        onChange={(event) => onRename(event.target.value)}
      />
      <span className="flex-1" />
      {onDiscard !== null && (
        <Button kind="quiet" onClick={onDiscard}>
          Discard changes
        </Button>
      )}
      <Button kind="primary" disabled={!canDeploy} isBusy={isBusy} onClick={onDeploy}>
        Deploy
      </Button>
    </div>
  );
}

function useDeploy(workflow: WorkflowReply | null, onDone: () => void) {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const say = useToast();
  const stale = { stale: ["getWorkflow", "listWorkflows", "listWorkflowVersions"] as const };
  const create = useChange("createWorkflow", stale);
  const update = useChange("updateWorkflow", stale);
  const run = (draft: WorkflowDraft): void => {
    const onError = (error: unknown): void => say(describeError(error), { isBad: true });
    if (workflow !== null) {
      const done = { onError, onSuccess: () => (onDone(), say("Deployed.")) };
      update.mutate({ id: workflow.id, ...requestOf(draft) }, done);
      return;
    }
    create.mutate(
      { org_id: workspace.id, ...requestOf(draft) },
      {
        onError,
        onSuccess: ({ data }) => {
          onDone();
          void navigate({ to: "/workflows/$id", params: { id: data.id }, search: { tab: "build" } });
        },
      },
    );
  };
  return { run, isPending: create.isPending || update.isPending, error: create.error ?? update.error };
}

interface KeptDraft {
  /** The version that it began with. */
  deploymentId: string | null;
  draft: WorkflowDraft;
}

/** The draft survives a reload; it is dropped when it is deployed or discarded. */
/** Kept over reloads, for this tab and workspace alone: values may be secret. */
function useWorkflowDraft(workflow: WorkflowReply | null) {
  const workspace = useWorkspace();
  const storageKey = `millrace-draft-workflow-${workflow?.id ?? `new-${workspace.id}`}`;
  const deployed = useMemo(() => (workflow === null ? EMPTY : draftOf(workflow)), [workflow]);
  const [kept, setKept] = useState<KeptDraft | null>(() => readKept(storageKey));
  useEffect(() => {
    if (kept === null) sessionStorage.removeItem(storageKey);
    else sessionStorage.setItem(storageKey, JSON.stringify(kept));
  }, [kept, storageKey]);
  const deploymentId = workflow?.deployment_id ?? null;
  const setDraft = useCallback(
    (draft: WorkflowDraft) => setKept((before) => ({ deploymentId: before?.deploymentId ?? deploymentId, draft })),
    [deploymentId],
  );
  return {
    draft: kept?.draft ?? deployed,
    setDraft,
    isChanged: kept !== null,
    isStale: kept !== null && kept.deploymentId !== deploymentId,
    discard: () => setKept(null),
  };
}

function readKept(storageKey: string): KeptDraft | null {
  const text = sessionStorage.getItem(storageKey);
  try {
    return text === null ? null : (JSON.parse(text) as KeptDraft);
  } catch {
    return null;
  }
}
