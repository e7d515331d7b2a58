import type { CallReply } from "@millrace/client";
import { useState } from "react";
import { useChange } from "../../api/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import { Button, Checkbox, ErrorNote, Field, Panel, TextInput, useToast } from "../../ui/index.ts";

type Settings = CallReply<"getWorkflow">["settings"];

const NUMBERS = [
  { name: "timeout_s", label: "Longest run (s)", hint: "1 to 750; pauses do not count." },
  { name: "memory_mb", label: "Memory (MB)", hint: "128 to 2048." },
  { name: "concurrency", label: "Runs at once", hint: "Empty: as many as there are events. 1 keeps their order." },
  { name: "queue_size", label: "Longest queue", hint: "A full queue refuses; nothing is dropped." },
  { name: "retain_s", label: "Keep runs (s)", hint: "Empty: as long as the instance does." },
] as const;

/** Settings make a new version, like any change. */
export function WorkflowSettings({ workflow }: { workflow: { id: string; settings: Settings } }) {
  const workspace = useWorkspace();
  const say = useToast();
  const [settings, setSettings] = useState(workflow.settings);
  const update = useChange("updateWorkflow", { stale: ["getWorkflow", "listWorkflowVersions"] });
  const save = (): void => update.mutate({ id: workflow.id, settings }, { onSuccess: () => say("Saved.") });
  return (
    <Panel>
      <fieldset disabled={!mayEdit(workspace)} className="flex max-w-xl flex-col gap-4">
        {NUMBERS.map(({ name, label, hint }) => (
          <Field key={name} label={label} hint={hint}>
            {(ids) => (
              <TextInput
                {...ids}
                type="number"
                className="w-40!"
                value={settings[name] ?? ""}
                onChange={(event) =>
                  setSettings({ ...settings, [name]: event.target.value === "" ? null : Number(event.target.value) })
                }
              />
            )}
          </Field>
        ))}
        <Checkbox
          label="Try failed runs again from the failed step"
          checked={settings.auto_retry}
          onChange={(event) => setSettings({ ...settings, auto_retry: event.target.checked })}
        />
        <Checkbox
          label="Mail me errors, at most once a day for each"
          checked={settings.error_emails}
          onChange={(event) => setSettings({ ...settings, error_emails: event.target.checked })}
        />
        {update.error !== null && <ErrorNote error={update.error} />}
        <Button kind="primary" className="self-start" isBusy={update.isPending} onClick={save}>
          Save as a new version
        </Button>
      </fieldset>
    </Panel>
  );
}
