import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { useEffect, useState } from "react";
import { useRead } from "../api/index.ts";
import { NAV } from "./nav.ts";
import { chooseTheme } from "./theme.ts";
import { useWorkspace } from "./workspace.ts";

const ITEM_CLASS = "flex cursor-pointer items-center gap-2 rounded-md px-3 py-2 text-sm data-[selected=true]:bg-raised";

/** Ctrl+K or ⌘K: goes anywhere by typing. */
export function Palette({ isOpen, onOpenChange }: { isOpen: boolean; onOpenChange(isOpen: boolean): void }) {
  const navigate = useNavigate();
  const workspace = useWorkspace();
  const [text, setText] = useState("");
  const workflows = useRead("listWorkflows", { org_id: workspace.id, limit: 100 }, { enabled: isOpen });
  useEffect(() => {
    const open = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      onOpenChange(true);
    };
    addEventListener("keydown", open);
    return () => removeEventListener("keydown", open);
  }, [onOpenChange]);
  const go = (to: string): void => {
    onOpenChange(false);
    setText("");
    void navigate({ to });
  };
  return (
    <Command.Dialog
      open={isOpen}
      onOpenChange={onOpenChange}
      label="Go to"
      overlayClassName="fixed inset-0 z-40 bg-black/45"
      contentClassName="fixed top-[12vh] left-1/2 z-50 w-[94vw] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl border bg-panel shadow-2xl"
    >
      <Command.Input
        value={text}
        onValueChange={setText}
        placeholder="Go to a page or a workflow…"
        className="h-12 w-full border-b bg-transparent px-4 text-sm outline-none placeholder:text-muted"
      />
      <Command.List className="max-h-80 overflow-y-auto p-2">
        <Command.Empty className="px-3 py-6 text-center text-sm text-muted">Nothing of that name.</Command.Empty>
        <Command.Group heading={<GroupHeading text="Pages" />}>
          {NAV.map((entry) => (
            <Command.Item
              key={entry.to}
              value={`${entry.label} ${entry.words}`}
              onSelect={() => go(entry.to)}
              className={ITEM_CLASS}
            >
              <entry.icon aria-hidden className="size-4 text-muted" />
              {entry.label}
            </Command.Item>
          ))}
        </Command.Group>
        <Command.Group heading={<GroupHeading text="Workflows" />}>
          {workflows.data?.data.map((workflow) => (
            <Command.Item
              key={workflow.id}
              value={`${workflow.name} ${workflow.id}`}
              onSelect={() => go(`/workflows/${workflow.id}`)}
              className={ITEM_CLASS}
            >
              {workflow.name}
              <span className="ml-auto font-mono text-xs text-muted">{workflow.id}</span>
            </Command.Item>
          ))}
        </Command.Group>
        <Command.Group heading={<GroupHeading text="Look" />}>
          {(["light", "dark", "system"] as const).map((theme) => (
            <Command.Item
              key={theme}
              value={`theme ${theme} colours`}
              onSelect={() => {
                chooseTheme(theme);
                onOpenChange(false);
              }}
              className={ITEM_CLASS}
            >
              Theme: {theme}
            </Command.Item>
          ))}
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  );
}

function GroupHeading({ text }: { text: string }) {
  return <span className="block px-3 pt-2 pb-1 text-xs font-medium text-muted">{text}</span>;
}
