import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { Button } from "../ui/index.ts";
import { childrenOf, previewOf, type Child } from "./children.ts";

/** So many children are shown at once; a list of a million items costs no more than this. */
const STEP = 100;
const LONG_TEXT = 2_000;

interface JsonViewProps {
  value: unknown;
  /** How many levels are open at first. */
  openLevels?: number;
  /** Gets the path of a clicked key, e.g. `steps.trigger.event.id`. */
  onPick?: ((path: string) => void) | undefined;
  /** Path of the root. */
  path?: string;
}

/** A JSON value as a tree. Only what is open is rendered, so megabytes stay fast. */
export function JsonView({ value, openLevels = 1, onPick, path = "" }: JsonViewProps) {
  return (
    <div className="overflow-x-auto font-mono text-xs leading-5">
      <Node entry={{ key: "", path, value }} level={0} openLevels={openLevels} onPick={onPick} />
    </div>
  );
}

interface NodeProps {
  entry: Child;
  level: number;
  openLevels: number;
  onPick: ((path: string) => void) | undefined;
}

function Node({ entry, level, openLevels, onPick }: NodeProps) {
  const [isOpen, setIsOpen] = useState(level < openLevels);
  const [shownCount, setShownCount] = useState(STEP);
  const { value } = entry;
  const isBranch = typeof value === "object" && value !== null;
  if (!isBranch) {
    return (
      <div className="flex items-start gap-1.5" style={{ paddingLeft: level * 14 + 16 }}>
        <Key entry={entry} onPick={onPick} />
        <Leaf value={value} />
      </div>
    );
  }
  const children = isOpen ? childrenOf(entry, shownCount) : [];
  const total = Array.isArray(value) ? value.length : Object.keys(value).length;
  return (
    <div>
      <div className="flex items-start gap-1.5" style={{ paddingLeft: level * 14 }}>
        <button
          type="button"
          aria-expanded={isOpen}
          aria-label={`${isOpen ? "Close" : "Open"} ${entry.key === "" ? "value" : entry.key}`}
          onClick={() => setIsOpen(!isOpen)}
          className="mt-0.5 text-muted hover:text-ink"
        >
          <ChevronRight aria-hidden className={`size-3.5 transition-transform ${isOpen ? "rotate-90" : ""}`} />
        </button>
        <Key entry={entry} onPick={onPick} />
        <span className="truncate text-muted">
          {isOpen ? (Array.isArray(value) ? `[${total}]` : `{${total}}`) : previewOf(value)}
        </span>
      </div>
      {children.map((child) => (
        <Node key={child.key} entry={child} level={level + 1} openLevels={openLevels} onPick={onPick} />
      ))}
      {isOpen && total > shownCount && (
        <div style={{ paddingLeft: (level + 1) * 14 + 16 }} className="py-1">
          <Button small onClick={() => setShownCount(shownCount + STEP * 5)}>
            {total - shownCount} more
          </Button>
        </div>
      )}
    </div>
  );
}

function Key({ entry, onPick }: { entry: Child; onPick: ((path: string) => void) | undefined }) {
  if (entry.key === "") return null;
  if (onPick === undefined) return <span className="shrink-0 text-info">{entry.key}:</span>;
  return (
    <button
      type="button"
      title={entry.path}
      onClick={() => onPick(entry.path)}
      className="shrink-0 text-info hover:underline"
    >
      {entry.key}:
    </button>
  );
}

function Leaf({ value }: { value: unknown }) {
  const [isWhole, setIsWhole] = useState(false);
  if (typeof value !== "string") {
    return <span className={typeof value === "number" ? "text-warn" : "text-accent"}>{String(value)}</span>;
  }
  const isLong = value.length > LONG_TEXT && !isWhole;
  return (
    <span className="break-all whitespace-pre-wrap text-good">
      &quot;{isLong ? value.slice(0, LONG_TEXT) : value}
      {isLong ? "…" : '"'}
      {isLong && (
        <button type="button" onClick={() => setIsWhole(true)} className="ml-2 text-accent underline">
          all {value.length} characters
        </button>
      )}
    </span>
  );
}
