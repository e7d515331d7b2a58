import type { FlowNode } from "./loaded-version.ts";

/** All code of a list of steps, in the order in which it is written, however deep it lies. */
export function leavesOf<Step extends { readonly kind: "step" }>(nodes: readonly FlowNode<Step>[]): Step[] {
  return nodes.flatMap((node) => {
    if (node.kind === "step") return [node];
    if (node.kind === "end") return [];
    if (node.kind === "loop") return leavesOf<Step>(node.steps);
    const branches = node.branches.flatMap((branch) => leavesOf<Step>(branch.steps));
    const otherwise = node.kind === "parallel" ? null : node.otherwise;
    return otherwise ? [...branches, ...leavesOf<Step>(otherwise)] : branches;
  });
}

/** The same flow with other steps in it. */
export function mapLeaves<From extends { readonly kind: "step" }, To>(
  nodes: readonly FlowNode<From>[],
  map: (step: From) => To,
): FlowNode<To>[] {
  const inner = (steps: readonly FlowNode<From>[]): FlowNode<To>[] => mapLeaves(steps, map);
  return nodes.map((node): FlowNode<To> => {
    if (node.kind === "step") return map(node);
    if (node.kind === "end") return node;
    if (node.kind === "loop") return { ...node, steps: inner(node.steps) };
    const branches = node.branches.map((branch) => ({ ...branch, steps: inner(branch.steps) }));
    if (node.kind === "parallel") return { ...node, branches };
    return { ...node, branches, otherwise: node.otherwise && inner(node.otherwise) };
  });
}
