import { Link, useNavigate } from "@tanstack/react-router";
import { useList, useRead } from "../../api/index.ts";
import { mayEdit, useWorkspace } from "../../shell/index.ts";
import { Button, ErrorNote, Loading, Page, Panel } from "../../ui/index.ts";
import { RunTable } from "../runs/index.ts";
import { FirstWorkflow } from "./first-workflow.tsx";

const LIVE_EVERY_MS = 3_000;
const SHOWN = 10;

/** Where everybody arrives: the first steps, or what has happened of late. */
export function HomePage() {
  const workspace = useWorkspace();
  const workflows = useRead("listWorkflows", { org_id: workspace.id, limit: 1 });
  if (workflows.isLoading) return <Loading />;
  if (workflows.data === undefined) {
    return (
      <Page title="Home">
        <ErrorNote error={workflows.error} onRetry={() => void workflows.refetch()} />
      </Page>
    );
  }
  return workflows.data.data.length === 0 ? <FirstRun /> : <Overview />;
}

function FirstRun() {
  const workspace = useWorkspace();
  return (
    <Page title="Welcome to Millrace" lead="Events come in, your code runs, nothing is lost.">
      {mayEdit(workspace) ? (
        <FirstWorkflow />
      ) : (
        <p className="text-sm text-muted">Nobody has built a workflow here yet.</p>
      )}
    </Page>
  );
}

function Overview() {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const latest = useList("listWorkspaceRuns", { workspace_id: workspace.id }, { everyMs: LIVE_EVERY_MS, limit: SHOWN });
  const failed = useList(
    "listWorkspaceRuns",
    { workspace_id: workspace.id, status: "error" },
    { everyMs: LIVE_EVERY_MS, limit: SHOWN },
  );
  return (
    <Page
      title="Home"
      lead="What has run of late."
      actions={
        mayEdit(workspace) && (
          <Button kind="primary" onClick={() => void navigate({ to: "/workflows/new" })}>
            New workflow
          </Button>
        )
      }
    >
      <Panel title="Failed runs" isFlush>
        <RunTable
          hasWorkflow
          label="Failed runs"
          list={{ ...failed, hasMore: false }}
          empty={<p className="px-4 py-6 text-sm text-muted">None. Good.</p>}
        />
      </Panel>
      <Panel
        title="Latest runs"
        actions={
          <Link to="/runs" className="text-sm text-accent underline">
            All runs
          </Link>
        }
        isFlush
      >
        <RunTable
          hasWorkflow
          label="Latest runs"
          list={{ ...latest, hasMore: false }}
          empty={<p className="px-4 py-6 text-sm text-muted">Nothing has run yet.</p>}
        />
      </Panel>
    </Page>
  );
}
