import { Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import type { ReactNode } from "react";
import { mayEdit, useWorkspace } from "../shell/index.ts";
import { Button, Empty, Page, Panel, Status, Table, Time, type Column } from "../ui/index.ts";

interface Emitter {
  id: string;
  name: string;
  active: boolean;
  updated_at: number;
}

interface EmitterListProps<Item extends Emitter> {
  kind: "workflows" | "sources";
  title: string;
  lead: string;
  /** What the button says that makes one. */
  action: string;
  empty: { title: string; text: string };
  list: Parameters<typeof Table<Item>>[0]["list"];
  /** Between the state and the last change. */
  extra?: Column<Item>;
}

/** A page that lists sources or workflows. */
export function EmitterList<Item extends Emitter>({
  kind,
  title,
  lead,
  action,
  empty,
  list,
  extra,
}: EmitterListProps<Item>) {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const create: ReactNode = mayEdit(workspace) && (
    <Button kind="primary" onClick={() => void navigate({ to: `/${kind}/new` })}>
      <Plus aria-hidden className="size-4" />
      {action}
    </Button>
  );
  const columns: Column<Item>[] = [
    {
      head: "Name",
      cell: ({ id, name }) => (
        <Link to={`/${kind}/$id`} params={{ id }} className="font-medium hover:underline">
          {name}
        </Link>
      ),
    },
    { head: "State", cell: ({ active }) => <Status status={active ? "active" : "inactive"} /> },
    ...(extra === undefined ? [] : [extra]),
    { head: "Changed", cell: ({ updated_at }) => <Time atMs={updated_at * 1_000} />, className: "text-muted" },
    { head: "Id", cell: ({ id }) => <code className="text-xs text-muted">{id}</code> },
  ];
  return (
    <Page title={title} lead={lead} actions={create}>
      <Panel isFlush>
        <Table
          label={title}
          columns={columns}
          list={list}
          keyOf={({ id }) => id}
          empty={
            <Empty title={empty.title} action={create}>
              {empty.text}
            </Empty>
          }
        />
      </Panel>
    </Page>
  );
}
