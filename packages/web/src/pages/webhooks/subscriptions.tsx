import type { CallReply } from "@millrace/client";
import { ArrowRight, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { describeError, useChange, useList, useRead } from "../../api/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import {
  Button,
  Dialog,
  Empty,
  ErrorNote,
  Field,
  IconButton,
  Loading,
  Panel,
  Select,
  TextInput,
  useToast,
} from "../../ui/index.ts";

type Subscription = CallReply<"listSubscriptions">["data"][number];

/** Who listens to what: emitters at the left, their listeners at the right. */
export function Subscriptions() {
  const workspace = useWorkspace();
  const say = useToast();
  const [isCreating, setIsCreating] = useState(false);
  const list = useList("listWorkspaceSubscriptions", { workspace_id: workspace.id }, { limit: 100 });
  const names = useNames();
  const remove = useChange("deleteSubscription", { stale: ["listWorkspaceSubscriptions"] });
  const byEmitter = useMemo(() => Object.entries(Object.groupBy(list.items, (item) => item.emitter_id)), [list.items]);
  const drop = ({ id: _id, ...subscription }: Subscription): void =>
    remove.mutate(subscription, { onError: (error) => say(describeError(error), { isBad: true }) });
  return (
    <Panel
      title="Who listens to what"
      actions={
        mayEdit(workspace) && (
          <Button small onClick={() => setIsCreating(true)}>
            Subscribe
          </Button>
        )
      }
    >
      {list.isLoading && <Loading />}
      {list.error !== null && <ErrorNote error={list.error} onRetry={list.retry} />}
      {!list.isLoading && byEmitter.length === 0 && <Empty title="Nobody listens yet" />}
      <ul className="flex flex-col gap-3">
        {byEmitter.map(([emitterId, listeners]) => (
          <li key={emitterId} className="flex flex-wrap items-stretch gap-3">
            <Node id={emitterId} name={names.get(emitterId)} />
            <ul className="flex min-w-64 flex-1 flex-col gap-1.5 border-l-2 border-accent/40 pl-3">
              {listeners?.map((item) => (
                <li key={item.id} className="flex items-center gap-2">
                  <ArrowRight aria-label="to" className="size-4 text-accent" />
                  {item.event_name !== "" && <code className="text-xs text-muted">{item.event_name}</code>}
                  <Node id={item.listener_id} name={names.get(item.listener_id)} />
                  {mayEdit(workspace) && (
                    <IconButton
                      label={`Stop ${names.get(item.listener_id) ?? item.listener_id} listening`}
                      onClick={() => drop(item)}
                    >
                      <Trash2 className="size-4" />
                    </IconButton>
                  )}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
      <Subscribe isOpen={isCreating} onClose={() => setIsCreating(false)} names={names} />
    </Panel>
  );
}

function Node({ id, name }: { id: string; name: string | undefined }) {
  return (
    <span className="inline-flex min-w-0 flex-col rounded-md border bg-raised px-3 py-1.5 text-sm">
      <span className="truncate font-medium">{name ?? id}</span>
      {name !== undefined && <code className="text-xs text-muted">{id}</code>}
    </span>
  );
}

/** Names of what can emit or listen, by id. */
function useNames(): Map<string, string> {
  const workspace = useWorkspace();
  const sources = useRead("listWorkspaceSources", { workspace_id: workspace.id, limit: 100 });
  const workflows = useRead("listWorkflows", { org_id: workspace.id, limit: 100 });
  const webhooks = useRead("listWorkspaceWebhooks", { workspace_id: workspace.id, limit: 100 });
  return useMemo(
    () =>
      new Map([
        ["dc_*", "every source"],
        ["p_*", "every workflow"],
        ...(sources.data?.data ?? []).map(({ id, name }) => [id, name] as const),
        ...(workflows.data?.data ?? []).map(({ id, name }) => [id, name] as const),
        ...(webhooks.data?.data ?? []).map(({ id, name, url }) => [id, name ?? url] as const),
      ]),
    [sources.data, workflows.data, webhooks.data],
  );
}

interface SubscribeProps {
  isOpen: boolean;
  onClose(): void;
  names: ReadonlyMap<string, string>;
}

function Subscribe({ isOpen, onClose, names }: SubscribeProps) {
  const [emitterId, setEmitterId] = useState("");
  const [listenerId, setListenerId] = useState("");
  const [channel, setChannel] = useState("");
  const create = useChange("createSubscription", { stale: ["listWorkspaceSubscriptions"] });
  const options = [...names].map(([id, name]) => (
    <option key={id} value={id}>
      {name} ({id})
    </option>
  ));
  const input = { emitter_id: emitterId, listener_id: listenerId, ...(channel !== "" && { event_name: channel }) };
  return (
    <Dialog
      title="Subscribe"
      description="Every event of the emitter's channel goes to the listener."
      isOpen={isOpen}
      onClose={onClose}
    >
      <div className="flex flex-col gap-4">
        <Field label="Emitter">
          {(ids) => (
            <Select {...ids} value={emitterId} onChange={(event) => setEmitterId(event.target.value)}>
              <option value="">Choose…</option>
              {options}
            </Select>
          )}
        </Field>
        <Field label="Channel" hint="Empty: its ordinary events. $errors: what failed." isOptional>
          {(ids) => <TextInput {...ids} value={channel} onChange={(event) => setChannel(event.target.value)} />}
        </Field>
        <Field label="Listener">
          {(ids) => (
            <Select {...ids} value={listenerId} onChange={(event) => setListenerId(event.target.value)}>
              <option value="">Choose…</option>
              {options}
            </Select>
          )}
        </Field>
        {create.error !== null && <ErrorNote error={create.error} />}
        <Button
          kind="primary"
          className="self-end"
          isBusy={create.isPending}
          onClick={() => create.mutate(input, { onSuccess: onClose })}
        >
          Subscribe
        </Button>
      </div>
    </Dialog>
  );
}
