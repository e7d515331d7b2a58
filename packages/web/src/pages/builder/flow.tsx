import { ArrowDown, ArrowUp, Clock, Code2, GitBranch, Globe, Mail, Puzzle, Radio, Repeat, Square } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "../../ui/index.ts";
import type { BlockDraft, StepDraft, TriggerDraft, WorkflowDraft } from "./draft.ts";
import { AddStep } from "./add-step.tsx";
import { AddTrigger } from "./add-trigger.tsx";
import type { Place } from "./tree.ts";

export type Selection = { kind: "step" | "trigger"; key: string } | null;

interface FlowProps {
  draft: WorkflowDraft;
  selection: Selection;
  onSelect(selection: Selection): void;
  onInsert(step: StepDraft, place: Place): void;
  onMove(key: string, by: 1 | -1): void;
  onAddTrigger(trigger: TriggerDraft): void;
}

/** Triggers, then steps below each other; branches stand side by side below their block. */
export function Flow(props: FlowProps) {
  const { draft, selection, onSelect, onAddTrigger } = props;
  return (
    <div className="overflow-x-auto rounded-lg border bg-panel p-4">
      <h2 className="mb-2 text-xs font-medium text-muted">Triggers</h2>
      <ul className="flex flex-col gap-2">
        {draft.triggers.map((trigger) => (
          <li key={trigger.key}>
            <Card
              isChosen={selection?.key === trigger.key}
              onClick={() => onSelect({ kind: "trigger", key: trigger.key })}
              icon={TRIGGER_ICONS[trigger.type]}
              title={TRIGGER_NAMES[trigger.type]}
              detail={detailOf(trigger)}
            />
          </li>
        ))}
      </ul>
      <div className="my-2">
        <AddTrigger onAdd={onAddTrigger} />
      </div>
      <h2 className="mt-5 mb-1 text-xs font-medium text-muted">Steps</h2>
      <StepList {...props} steps={draft.steps} at={{ blockKey: null, branch: 0 }} />
    </div>
  );
}

interface StepListProps extends FlowProps {
  steps: readonly StepDraft[];
  at: Omit<Place, "index">;
}

function StepList(props: StepListProps) {
  const { steps, at, draft, onInsert } = props;
  return (
    <ol className="flex flex-col">
      {steps.map((step, index) => (
        <li key={step.key} className="flex flex-col">
          <AddStep steps={draft.steps} onAdd={(added) => onInsert(added, { ...at, index })} />
          <StepCard {...props} step={step} />
        </li>
      ))}
      <li>
        <AddStep steps={draft.steps} onAdd={(added) => onInsert(added, { ...at, index: steps.length })} isLast />
      </li>
    </ol>
  );
}

function StepCard(props: StepListProps & { step: StepDraft }) {
  const { step, selection, onSelect, onMove } = props;
  const isChosen = selection?.key === step.key;
  return (
    <>
      <div className="flex items-center gap-1">
        <div className="min-w-0 flex-1">
          <Card
            isChosen={isChosen}
            isDimmed={step.isDisabled}
            onClick={() => onSelect({ kind: "step", key: step.key })}
            icon={step.kind === "code" ? step.code === null ? <Puzzle /> : <Code2 /> : BLOCK_ICONS[step.kind]}
            title={step.namespace}
            detail={describe(step)}
          />
        </div>
        {isChosen && (
          <span className="flex flex-col">
            <IconButton label={`Move ${step.namespace} up`} className="size-6!" onClick={() => onMove(step.key, -1)}>
              <ArrowUp className="size-3.5" />
            </IconButton>
            <IconButton label={`Move ${step.namespace} down`} className="size-6!" onClick={() => onMove(step.key, 1)}>
              <ArrowDown className="size-3.5" />
            </IconButton>
          </span>
        )}
      </div>
      {step.kind !== "code" && step.kind !== "end" && <Branches {...props} block={step} />}
    </>
  );
}

function Branches({ block, ...props }: StepListProps & { block: BlockDraft }) {
  const rest = block.kind === "if" ? "else" : "default";
  return (
    <div className="mt-1 ml-4 flex flex-wrap gap-3 border-l-2 border-accent/40 pl-3">
      {block.branches.map((branch, index) => (
        <div key={branch.slug} className="min-w-52 flex-1">
          <p className="mt-1 truncate text-xs text-muted">
            {block.kind === "loop" ? "for each" : branch.slug}
            {branch.condition !== "" && <code className="ml-1">{branch.condition}</code>}
          </p>
          <StepList {...props} steps={branch.steps} at={{ blockKey: block.key, branch: index }} />
        </div>
      ))}
      {block.otherwise !== null && (
        <div className="min-w-52 flex-1">
          <p className="mt-1 text-xs text-muted">{rest}</p>
          <StepList {...props} steps={block.otherwise} at={{ blockKey: block.key, branch: -1 }} />
        </div>
      )}
    </div>
  );
}

interface CardProps {
  icon: ReactNode;
  title: string;
  detail: string;
  isChosen: boolean;
  isDimmed?: boolean;
  onClick(): void;
}

function Card({ icon, title, detail, isChosen, isDimmed = false, onClick }: CardProps) {
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      onClick={onClick}
      className={`flex w-full items-center gap-3 rounded-lg border bg-panel px-3 py-2 text-left hover:bg-raised aria-pressed:border-accent aria-pressed:bg-accent-soft ${isDimmed ? "opacity-50" : ""}`}
    >
      <span aria-hidden className="text-accent [&>svg]:size-4">
        {icon}
      </span>
      <span className="min-w-0">
        <span className="block truncate text-sm font-medium">{title}</span>
        <span className="block truncate text-xs text-muted">{detail}</span>
      </span>
    </button>
  );
}

const TRIGGER_ICONS = { http: <Globe />, timer: <Clock />, email: <Mail />, source: <Radio /> };
const TRIGGER_NAMES = { http: "HTTP request", timer: "Schedule", email: "Email", source: "Events of a source" };
const BLOCK_ICONS = {
  if: <GitBranch />,
  switch: <GitBranch />,
  parallel: <GitBranch />,
  loop: <Repeat />,
  end: <Square />,
};

function detailOf(trigger: TriggerDraft): string {
  const { shown, props } = trigger;
  if (typeof shown?.["endpoint_url"] === "string") return shown["endpoint_url"];
  if (typeof shown?.["email_address"] === "string") return shown["email_address"];
  if (trigger.type === "timer") {
    return typeof props["cron"] === "string" ? `cron ${props["cron"]}` : `every ${String(props["interval_seconds"])} s`;
  }
  if (trigger.type === "source") return typeof shown?.["name"] === "string" ? shown["name"] : (trigger.sourceId ?? "");
  return "Its address is made when you deploy";
}

function describe(step: StepDraft): string {
  const off = step.isDisabled ? "disabled · " : "";
  if (step.kind === "code") {
    if (step.code === null) return off + (step.component?.key ?? "component");
    return off + { "nodejs24.x": "Node", "python3.12": "Python", bash: "Bash" }[step.code.lang];
  }
  return (
    off +
    { if: "if", switch: "switch", parallel: "in parallel", loop: `loop over ${step.text}`, end: "end the run" }[
      step.kind
    ]
  );
}
