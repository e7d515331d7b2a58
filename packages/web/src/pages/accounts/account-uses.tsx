import { Link } from "@tanstack/react-router";
import { useRead } from "../../api/index.ts";
import { Dialog, ErrorNote, Loading, Status } from "../../ui/index.ts";

interface AccountUsesProps {
  accountId: string;
  name: string;
  isOpen: boolean;
  onClose(): void;
}

/** Which sources and steps of workflows work with an account. */
export function AccountUses({ accountId, name, isOpen, onClose }: AccountUsesProps) {
  const uses = useRead("listAccountUses", { account_id: accountId }, { enabled: isOpen });
  const { sources = [], workflows = [] } = uses.data?.data ?? {};
  return (
    <Dialog title={`What uses ${name}`} isOpen={isOpen} onClose={onClose}>
      {uses.isLoading && <Loading />}
      {uses.error !== null && <ErrorNote error={uses.error} onRetry={() => void uses.refetch()} />}
      {uses.data !== undefined && sources.length + workflows.length === 0 && (
        <p className="text-sm text-muted">Nothing uses it: it can be deleted without harm.</p>
      )}
      <ul className="flex flex-col gap-2 text-sm">
        {sources.map((source) => (
          <li key={source.id} className="flex items-center justify-between gap-3">
            <Link to="/sources/$id" params={{ id: source.id }} className="hover:underline">
              {source.name}
            </Link>
            <Status status={source.active ? "active" : "inactive"} />
          </li>
        ))}
        {workflows.map((workflow) => (
          <li key={workflow.id} className="flex items-center justify-between gap-3">
            <span>
              <Link to="/workflows/$id" params={{ id: workflow.id }} className="hover:underline">
                {workflow.name}
              </Link>
              <code className="ml-2 text-xs text-muted">{workflow.steps.join(", ")}</code>
            </span>
            <Status status={workflow.active ? "active" : "inactive"} />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
