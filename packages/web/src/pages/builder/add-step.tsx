import { Plus } from "lucide-react";
import { useState } from "react";
import { ComponentPicker } from "../../registry/index.ts";
import { startingValues } from "../../props/index.ts";
import { Button, Dialog } from "../../ui/index.ts";
import type { BlockDraft, Lang, StepDraft } from "./draft.ts";
import { newKey } from "./draft.ts";
import { freeNamespace, newBlock, newCodeStep } from "./tree.ts";

interface AddStepProps {
  steps: readonly StepDraft[];
  onAdd(step: StepDraft): void;
  isLast?: boolean;
}

const LANGS: readonly { lang: Lang; label: string }[] = [
  { lang: "nodejs24.x", label: "Node code" },
  { lang: "python3.12", label: "Python code" },
  { lang: "bash", label: "Bash script" },
];
const BLOCKS: readonly { kind: BlockDraft["kind"]; label: string }[] = [
  { kind: "if", label: "If / else" },
  { kind: "switch", label: "Switch" },
  { kind: "parallel", label: "In parallel" },
  { kind: "loop", label: "Loop" },
  { kind: "end", label: "End the run" },
];

/** A + between steps that opens the palette. */
export function AddStep({ steps, onAdd, isLast = false }: AddStepProps) {
  const [isOpen, setIsOpen] = useState(false);
  const add = (step: StepDraft): void => {
    setIsOpen(false);
    onAdd(step);
  };
  return (
    <div className="flex justify-center py-1">
      {isLast ? (
        <Button small onClick={() => setIsOpen(true)}>
          <Plus aria-hidden className="size-3.5" />
          Add a step
        </Button>
      ) : (
        <button
          type="button"
          aria-label="Insert a step here"
          title="Insert a step here"
          onClick={() => setIsOpen(true)}
          className="rounded-full border bg-panel p-0.5 text-muted opacity-60 hover:opacity-100"
        >
          <Plus aria-hidden className="size-3" />
        </button>
      )}
      <Dialog title="Add a step" isOpen={isOpen} onClose={() => setIsOpen(false)} isWide>
        <div className="flex flex-col gap-4">
          <div className="flex flex-wrap gap-2">
            {LANGS.map(({ lang, label }) => (
              <Button key={lang} onClick={() => add(newCodeStep(steps, lang))}>
                {label}
              </Button>
            ))}
            {BLOCKS.map(({ kind, label }) => (
              <Button key={kind} onClick={() => add(newBlock(steps, kind))}>
                {label}
              </Button>
            ))}
          </div>
          <ComponentPicker
            kind="action"
            onPick={(component) =>
              add({
                kind: "code",
                key: newKey(),
                namespace: freeNamespace(steps, component.key ?? component.name),
                isDisabled: false,
                code: null,
                component: {
                  id: component.id,
                  key: component.key,
                  name: component.name,
                  props: component.configurable_props,
                },
                props: startingValues(component.configurable_props),
                retry: null,
              })
            }
          />
        </div>
      </Dialog>
    </div>
  );
}
