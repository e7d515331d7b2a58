import type { CallReply } from "@millrace/client";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { describeError, useChange, useList, useRead } from "../../api/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import {
  Button,
  Confirm,
  CopyText,
  Dialog,
  Empty,
  ErrorNote,
  Loading,
  Page,
  Panel,
  Status,
  Table,
  Time,
  useToast,
  type Column,
} from "../../ui/index.ts";

type Delivery = CallReply<"listWebhookDeliveries">["data"][number];
const route = getRouteApi("/signed-in/webhooks/$id");

/** One webhook and what became of each delivery to it. */
export function WebhookPage() {
  const { id } = route.useParams();
  const workspace = useWorkspace();
  const webhook = useRead("getWebhook", { webhook_id: id });
  if (webhook.isLoading) return <Loading />;
  if (webhook.data === undefined) {
    return (
      <Page title="Webhook">
        <ErrorNote error={webhook.error} onRetry={() => void webhook.refetch()} />
      </Page>
    );
  }
  const { name, url, active } = webhook.data.data;
  return (
    <Page
      title={
        <span className="flex items-center gap-3">
          {name ?? "Webhook"} <Status status={active ? "active" : "inactive"} />
        </span>
      }
      lead={url}
      actions={mayEdit(workspace) && <WebhookActions id={id} isActive={active} />}
    >
      <Deliveries webhookId={id} />
    </Page>
  );
}

function Deliveries({ webhookId }: { webhookId: string }) {
  const say = useToast();
  const list = useList("listWebhookDeliveries", { webhook_id: webhookId }, { everyMs: 5_000 });
  const redeliver = useChange("redeliverWebhook", { stale: ["listWebhookDeliveries"] });
  const again = (deliveryId: string): void =>
    redeliver.mutate(
      { webhook_id: webhookId, delivery_id: deliveryId },
      {
        onError: (error) => say(describeError(error), { isBad: true }),
        onSuccess: () => say("It is on its way again."),
      },
    );
  const columns: Column<Delivery>[] = [
    { head: "Status", cell: ({ status }) => <Status status={status} /> },
    { head: "Event", cell: ({ event_id }) => <code className="text-xs">{event_id}</code> },
    { head: "Attempts", cell: ({ attempts }) => attempts, className: "tabular-nums" },
    {
      head: "Answer",
      cell: ({ response_status, error }) => (
        <span className="line-clamp-1 break-all text-muted">
          {response_status ?? ""} {error ?? ""}
        </span>
      ),
    },
    {
      head: "When",
      cell: ({ ended_at_ms, next_attempt_at_ms }) =>
        ended_at_ms === null ? (
          next_attempt_at_ms !== null && (
            <span>
              next <Time atMs={next_attempt_at_ms} />
            </span>
          )
        ) : (
          <Time atMs={ended_at_ms} />
        ),
    },
    {
      head: "Again",
      cell: ({ id, status }) =>
        status === "pending" ? null : (
          <Button small onClick={() => again(id)}>
            Redeliver
          </Button>
        ),
    },
  ];
  return (
    <Panel title="Deliveries" isFlush>
      <Table
        label="Deliveries"
        columns={columns}
        list={list}
        keyOf={({ id }) => id}
        empty={<Empty title="Nothing was delivered yet" />}
      />
    </Panel>
  );
}

function WebhookActions({ id, isActive }: { id: string; isActive: boolean }) {
  const say = useToast();
  const navigate = useNavigate();
  const [isDeleting, setIsDeleting] = useState(false);
  const update = useChange("updateWebhook", { stale: ["getWebhook", "listWorkspaceWebhooks"] });
  const rotate = useChange("rotateWebhookSigningKey");
  const remove = useChange("deleteWebhook", { stale: ["listWorkspaceWebhooks"] });
  const onError = (error: unknown): void => say(describeError(error), { isBad: true });
  return (
    <>
      <Button
        isBusy={update.isPending}
        onClick={() => update.mutate({ webhook_id: id, active: !isActive }, { onError })}
      >
        {isActive ? "Deactivate" : "Activate"}
      </Button>
      <Button isBusy={rotate.isPending} onClick={() => rotate.mutate({ webhook_id: id }, { onError })}>
        Rotate key
      </Button>
      <Button kind="danger" onClick={() => setIsDeleting(true)}>
        Delete
      </Button>
      <Dialog title="The new signing key" isOpen={rotate.data !== undefined} onClose={() => rotate.reset()}>
        <p className="mb-3 text-sm text-muted">It is shown only now.</p>
        <CopyText text={rotate.data?.data.signing_key ?? ""} label="the signing key" />
      </Dialog>
      <Confirm
        title="Delete this webhook?"
        action="Delete the webhook"
        isOpen={isDeleting}
        isBusy={remove.isPending}
        error={remove.error}
        onClose={() => setIsDeleting(false)}
        onConfirm={() => remove.mutate({ webhook_id: id }, { onSuccess: () => void navigate({ to: "/webhooks" }) })}
      >
        What is on its way to it is dropped.
      </Confirm>
    </>
  );
}
