import { useState } from "react";
import { Button, Dialog, ErrorNote } from "../ui/index.ts";
import { CodeEditor } from "./code-editor.tsx";

interface JsonDialogProps {
  title: string;
  description: string;
  /** What the button says. */
  action: string;
  initial: string;
  isOpen: boolean;
  isBusy: boolean;
  error: unknown;
  onClose(): void;
  onSend(value: unknown): void;
}

/** Asks for a JSON value. */
export function JsonDialog(props: JsonDialogProps) {
  const { title, description, action, initial, isOpen, isBusy, error, onClose, onSend } = props;
  const [text, setText] = useState(initial);
  const [problem, setProblem] = useState<unknown>(null);
  const send = (): void => {
    try {
      const value: unknown = JSON.parse(text);
      setProblem(null);
      onSend(value);
    } catch (thrown) {
      setProblem(thrown);
    }
  };
  return (
    <Dialog title={title} description={description} isOpen={isOpen} onClose={onClose} isWide>
      <div className="flex flex-col gap-3">
        <CodeEditor label="Event as JSON" lang="json" value={text} onChange={setText} />
        {(problem ?? error) != null && <ErrorNote error={problem ?? error} />}
        <Button kind="primary" className="self-end" isBusy={isBusy} onClick={send}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
