import { Trash2 } from "lucide-react";
import { useRead } from "../../api/index.ts";
import { useWorkspace } from "../../shell/index.ts";
import { Button, Checkbox, CopyText, Field, Panel, Select, TextInput } from "../../ui/index.ts";
import type { TriggerDraft } from "./draft.ts";

interface TriggerEditorProps {
  trigger: TriggerDraft;
  onChange(trigger: TriggerDraft): void;
  onRemove(): void;
}

export function TriggerEditor(props: TriggerEditorProps) {
  const { trigger, onRemove } = props;
  const url = trigger.shown?.["endpoint_url"] ?? trigger.shown?.["email_address"];
  return (
    <Panel
      title="Trigger"
      actions={
        <Button small kind="danger" onClick={onRemove}>
          <Trash2 aria-hidden className="size-3.5" />
          Remove
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        {typeof url === "string" && <CopyText text={url} label="its address" />}
        {trigger.type === "http" && <HttpFields {...props} />}
        {trigger.type === "timer" && <TimerFields {...props} />}
        {trigger.type === "source" && <SourceFields {...props} />}
        {trigger.type === "email" && url === undefined && (
          <p className="text-sm text-muted">The workflow gets a mail address of its own when you deploy it.</p>
        )}
      </div>
    </Panel>
  );
}

function HttpFields({ trigger, onChange }: TriggerEditorProps) {
  const { props } = trigger;
  const set = (change: Record<string, unknown>): void => onChange({ ...trigger, props: { ...props, ...change } });
  const authorization = typeof props["authorization"] === "string" ? props["authorization"] : "none";
  return (
    <>
      <Checkbox
        label="A step answers the request with $.respond()"
        checked={props["custom_response"] === true}
        onChange={(event) => set({ custom_response: event.target.checked })}
      />
      <Checkbox
        label="The event is the body alone"
        checked={props["body_only"] === true}
        onChange={(event) => set({ body_only: event.target.checked })}
      />
      <Field label="Who may call it">
        {(ids) => (
          <Select {...ids} value={authorization} onChange={(event) => set({ authorization: event.target.value })}>
            <option value="none">Everybody who knows the URL</option>
            <option value="bearer">Who sends a token of my choice</option>
            <option value="oauth">OAuth clients of this workspace</option>
          </Select>
        )}
      </Field>
      {authorization === "bearer" && (
        <Field label="Token" hint="Kept when you leave it empty.">
          {(ids) => (
            <TextInput
              {...ids}
              type="password"
              autoComplete="off"
              value={typeof props["bearer_token"] === "string" ? props["bearer_token"] : ""}
              onChange={(event) => set({ bearer_token: event.target.value === "" ? undefined : event.target.value })}
            />
          )}
        </Field>
      )}
    </>
  );
}

function TimerFields({ trigger, onChange }: TriggerEditorProps) {
  const { props } = trigger;
  const isCron = typeof props["cron"] === "string";
  const set = (next: Record<string, unknown>): void => onChange({ ...trigger, props: next });
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <>
      <Field label="When">
        {(ids) => (
          <Select
            {...ids}
            value={isCron ? "cron" : "interval"}
            onChange={(event) =>
              set(event.target.value === "cron" ? { cron: "0 9 * * 1-5", timezone: zone } : { interval_seconds: 900 })
            }
          >
            <option value="interval">At an interval</option>
            <option value="cron">By cron</option>
          </Select>
        )}
      </Field>
      {isCron ? (
        <>
          <Field label="Cron expression">
            {(ids) => (
              <TextInput
                {...ids}
                value={String(props["cron"])}
                onChange={(event) => set({ ...props, cron: event.target.value })}
              />
            )}
          </Field>
          <Field label="Time zone">
            {(ids) => (
              <TextInput
                {...ids}
                value={textIn(props["timezone"], "UTC")}
                onChange={(event) => set({ ...props, timezone: event.target.value })}
              />
            )}
          </Field>
        </>
      ) : (
        <Field label="Seconds between runs">
          {(ids) => (
            <TextInput
              {...ids}
              type="number"
              min={1}
              value={textIn(props["interval_seconds"], "")}
              onChange={(event) => set({ interval_seconds: Number(event.target.value) })}
            />
          )}
        </Field>
      )}
    </>
  );
}

function SourceFields({ trigger, onChange }: TriggerEditorProps) {
  const workspace = useWorkspace();
  const sources = useRead("listWorkspaceSources", { workspace_id: workspace.id, limit: 100 });
  return (
    <Field label="Source" hint="Each event that it emits starts a run.">
      {(ids) => (
        <Select
          {...ids}
          value={trigger.sourceId ?? ""}
          disabled={trigger.id !== null}
          onChange={(event) => onChange({ ...trigger, sourceId: event.target.value })}
        >
          <option value="">Choose a source…</option>
          {sources.data?.data.map((source) => (
            <option key={source.id} value={source.id}>
              {source.name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

function textIn(value: unknown, otherwise: string): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : otherwise;
}
