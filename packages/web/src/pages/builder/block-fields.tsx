import { Plus, Trash2 } from "lucide-react";
import { Button, Checkbox, Field, IconButton, TextInput } from "../../ui/index.ts";
import type { BlockDraft, Branch } from "./draft.ts";

interface BlockFieldsProps {
  block: BlockDraft;
  suggest(): readonly string[];
  onChange(block: BlockDraft): void;
}

/** What a block of control flow asks: conditions, the list of a loop, the reason of an end. */
export function BlockFields({ block, suggest, onChange }: BlockFieldsProps) {
  const listId = `${block.key}-paths`;
  const setCondition = (condition: string): void =>
    onChange({ ...block, branches: block.branches.map((branch) => ({ ...branch, condition })) });
  return (
    <div className="flex flex-col gap-4">
      <datalist id={listId}>
        {suggest().map((path) => (
          <option key={path} value={`{{ ${path} }}`} />
        ))}
      </datalist>
      {block.kind === "loop" && (
        <Expression
          label="List"
          hint="Its items are steps.<this step>.item inside the loop."
          listId={listId}
          value={block.text}
          onChange={(text) => onChange({ ...block, text })}
        />
      )}
      {block.kind === "end" && (
        <Field label="Reason" isOptional>
          {(ids) => (
            <TextInput
              {...ids}
              value={block.text}
              onChange={(event) => onChange({ ...block, text: event.target.value })}
            />
          )}
        </Field>
      )}
      {block.kind === "if" && (
        <Expression
          label="Condition"
          hint="e.g. {{ steps.trigger.event.body.amount > 100 }}"
          listId={listId}
          value={block.branches[0]?.condition ?? ""}
          onChange={setCondition}
        />
      )}
      {(block.kind === "switch" || block.kind === "parallel") && (
        <BranchList block={block} listId={listId} onChange={onChange} />
      )}
      {(block.kind === "if" || block.kind === "switch") && (
        <Checkbox
          label={block.kind === "if" ? "With steps for “else”" : "With steps for “default”"}
          checked={block.otherwise !== null}
          disabled={(block.otherwise?.length ?? 0) > 0}
          onChange={(event) => onChange({ ...block, otherwise: event.target.checked ? [] : null })}
        />
      )}
    </div>
  );
}

interface BranchListProps {
  block: BlockDraft;
  listId: string;
  onChange(block: BlockDraft): void;
}

/** The branches of a switch or of what runs in parallel: each with its name and condition. */
function BranchList({ block, listId, onChange }: BranchListProps) {
  const set = (index: number, change: Partial<Branch>): void => {
    const branches = block.branches.map((branch, at) => (at === index ? { ...branch, ...change } : branch));
    onChange({ ...block, branches });
  };
  const remove = (index: number): void =>
    onChange({ ...block, branches: block.branches.filter((_branch, at) => at !== index) });
  const added: Branch = { slug: `branch_${block.branches.length + 1}`, condition: "", steps: [] };
  return (
    <>
      {block.branches.map((branch, index) => (
        <div key={index} className="flex items-end gap-2">
          <Field label="Name">
            {(ids) => (
              <TextInput
                {...ids}
                className="w-32!"
                value={branch.slug}
                onChange={(event) => set(index, { slug: event.target.value })}
              />
            )}
          </Field>
          <div className="flex-1">
            <Expression
              label={block.kind === "switch" ? "Condition" : "Condition (optional)"}
              listId={listId}
              value={branch.condition}
              onChange={(condition) => set(index, { condition })}
            />
          </div>
          <IconButton label={`Remove branch ${branch.slug}`} onClick={() => remove(index)}>
            <Trash2 className="size-4" />
          </IconButton>
        </div>
      ))}
      <Button small className="self-start" onClick={() => onChange({ ...block, branches: [...block.branches, added] })}>
        <Plus aria-hidden className="size-3.5" />
        Add a branch
      </Button>
    </>
  );
}

interface ExpressionProps {
  label: string;
  hint?: string;
  listId: string;
  value: string;
  onChange(value: string): void;
}

function Expression({ label, hint, listId, value, onChange }: ExpressionProps) {
  return (
    <Field label={label} hint={hint}>
      {(ids) => (
        <TextInput
          {...ids}
          list={listId}
          className="font-mono"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
