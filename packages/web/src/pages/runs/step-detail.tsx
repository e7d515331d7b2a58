import { useState } from "react";
import { JsonView } from "../../json/index.ts";
import { Panel, Status, Tabs, type Tab } from "../../ui/index.ts";
import type { RunStep } from "./timeline.tsx";

interface StepError {
  name?: string;
  message?: string;
  stack?: string;
}

interface LogEntry {
  ts?: number;
  msg?: unknown;
  k?: string;
}

/** All that is recorded of a step. */
export function StepDetail({ step }: { step: RunStep }) {
  const error = step.error as StepError | null;
  const [tab, setTab] = useState(error === null ? "exports" : "error");
  const exports =
    step.return_value === undefined ? step.exports : { $return_value: step.return_value, ...step.exports };
  const tabs: Tab[] = [
    {
      id: "exports",
      label: "Exports",
      content: <JsonView value={exports} path={`steps.${step.namespace}`} openLevels={2} />,
    },
    { id: "props", label: "Props", content: <JsonView value={step.props ?? {}} openLevels={2} /> },
    { id: "logs", label: `Logs (${step.logs.length})`, content: <Logs logs={step.logs} /> },
  ];
  if (error !== null) tabs.unshift({ id: "error", label: "Error", content: <ErrorDetail error={error} /> });
  return (
    <Panel
      title={
        <span className="flex items-center gap-2">
          {step.namespace} <Status status={step.status} />
        </span>
      }
    >
      <Tabs label={`Details of ${step.namespace}`} tabs={tabs} value={tab} onChange={setTab} />
    </Panel>
  );
}

function ErrorDetail({ error }: { error: StepError }) {
  return (
    <div className="text-sm">
      <p className="font-medium text-bad">
        {error.name ?? "Error"}: {error.message ?? ""}
      </p>
      {error.stack !== undefined && <pre className="mt-2 overflow-x-auto text-xs text-muted">{error.stack}</pre>}
    </div>
  );
}

function Logs({ logs }: { logs: readonly unknown[] }) {
  if (logs.length === 0) return <p className="text-sm text-muted">This step logged nothing.</p>;
  return (
    <ol className="font-mono text-xs leading-5">
      {logs.map((entry, index) => {
        const { ts, msg, k = "" } = entry as LogEntry;
        const isError = k.includes("error");
        return (
          <li key={index} className="flex gap-3 border-b py-1 last:border-b-0">
            {typeof ts === "number" && <span className="shrink-0 text-muted">{new Date(ts).toLocaleTimeString()}</span>}
            <span className={`min-w-0 break-words whitespace-pre-wrap ${isError ? "text-bad" : ""}`}>
              {typeof msg === "string" ? msg : JSON.stringify(msg ?? entry)}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
