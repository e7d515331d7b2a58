import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { IconButton } from "./button.tsx";

/** Text in one line with a button that copies it. */
export function CopyText({ text, label }: { text: string; label: string }) {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setIsCopied(true);
    setTimeout(() => setIsCopied(false), 1_500);
  };
  return (
    <span className="flex min-w-0 items-center gap-1 rounded-md border bg-raised pl-3">
      <code className="min-w-0 flex-1 truncate font-mono text-xs">{text}</code>
      <IconButton label={isCopied ? "Copied" : `Copy ${label}`} onClick={() => void copy()}>
        {isCopied ? <Check className="size-4 text-good" /> : <Copy className="size-4" />}
      </IconButton>
    </span>
  );
}
