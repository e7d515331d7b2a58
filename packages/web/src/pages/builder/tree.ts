import { newKey, type BlockDraft, type CodeDraft, type Lang, type StepDraft } from "./draft.ts";

/** Where steps are listed: at the top, in a branch of a block, or in its `else`/`default`. */
export interface Place {
  /** Null: the workflow's own list. */
  blockKey: string | null;
  /** Which branch; -1 for what runs otherwise. */
  branch: number;
  index: number;
}

/** All steps, those inside of blocks included, in reading order. */
export function flatten(steps: readonly StepDraft[]): StepDraft[] {
  return steps.flatMap((step) => [step, ...childrenOf(step).flatMap((list) => flatten(list))]);
}

function childrenOf(step: StepDraft): (readonly StepDraft[])[] {
  if (step.kind === "code") return [];
  return [...step.branches.map((branch) => branch.steps), ...(step.otherwise === null ? [] : [step.otherwise])];
}

/** Rewrites every list of steps of a tree; `place` says which list it is. */
function mapLists(
  steps: readonly StepDraft[],
  change: (list: readonly StepDraft[], place: Omit<Place, "index">) => readonly StepDraft[],
  place: Omit<Place, "index"> = { blockKey: null, branch: 0 },
): StepDraft[] {
  return change(steps, place).map((step): StepDraft => {
    if (step.kind === "code") return step;
    const branches = step.branches.map((branch, index) => ({
      ...branch,
      steps: mapLists(branch.steps, change, { blockKey: step.key, branch: index }),
    }));
    const otherwise = step.otherwise && mapLists(step.otherwise, change, { blockKey: step.key, branch: -1 });
    return { ...step, branches, otherwise };
  });
}

export function insertStep(steps: readonly StepDraft[], step: StepDraft, place: Place): StepDraft[] {
  return mapLists(steps, (list, at) =>
    at.blockKey === place.blockKey && at.branch === place.branch
      ? [...list.slice(0, place.index), step, ...list.slice(place.index)]
      : list,
  );
}

export function removeStep(steps: readonly StepDraft[], key: string): StepDraft[] {
  return mapLists(steps, (list) => list.filter((step) => step.key !== key));
}

export function updateStep(steps: readonly StepDraft[], changed: StepDraft): StepDraft[] {
  return mapLists(steps, (list) => list.map((step) => (step.key === changed.key ? changed : step)));
}

/** Moves a step up or down in its list. */
export function moveStep(steps: readonly StepDraft[], key: string, by: 1 | -1): StepDraft[] {
  return mapLists(steps, (list) => {
    const from = list.findIndex((step) => step.key === key);
    const to = from + by;
    const [step, other] = [list[from], list[to]];
    if (from < 0 || step === undefined || other === undefined) return list;
    return list.map((item, index) => (index === from ? other : index === to ? step : item));
  });
}

/** A name that no step has yet. */
export function freeNamespace(steps: readonly StepDraft[], wish: string): string {
  const taken = new Set(flatten(steps).map((step) => step.namespace));
  const base = wish.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^(\d)/, "_$1") || "step";
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}_${number}`)) number += 1;
  return `${base}_${number}`;
}

const STARTING_CODE: Readonly<Record<Lang, string>> = {
  "nodejs24.x": `export default defineComponent({
  async run({ steps, $ }) {
    return steps.trigger.event;
  },
});
`,
  "python3.12": `def handler(pd: "pipedream"):
    return pd.steps["trigger"]["event"]
`,
  bash: `echo "$PIPEDREAM_STEPS"
`,
};

export function newCodeStep(steps: readonly StepDraft[], lang: Lang): CodeDraft {
  const name = lang === "bash" ? "bash" : lang.startsWith("python") ? "python" : "node";
  return {
    kind: "code",
    key: newKey(),
    namespace: freeNamespace(steps, name),
    isDisabled: false,
    code: { lang, text: STARTING_CODE[lang] },
    component: null,
    props: {},
    retry: null,
  };
}

export function newBlock(steps: readonly StepDraft[], kind: BlockDraft["kind"]): BlockDraft {
  const branch = (slug: string) => ({ slug, condition: "", steps: [] });
  const branches: Record<BlockDraft["kind"], BlockDraft["branches"]> = {
    if: [branch("then")],
    loop: [branch("each")],
    switch: [branch("first"), branch("second")],
    parallel: [branch("left"), branch("right")],
    end: [],
  };
  return {
    kind,
    key: newKey(),
    namespace: freeNamespace(steps, kind === "if" ? "condition" : kind),
    isDisabled: false,
    branches: branches[kind],
    otherwise: kind === "if" ? [] : null,
    text: kind === "loop" ? "{{ steps.trigger.event.items }}" : "",
  };
}
