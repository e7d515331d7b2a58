import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { LogOut, Menu as MenuIcon, Search } from "lucide-react";
import { useMemo, useState } from "react";
import { MillraceError } from "@millrace/client";
import { useChange } from "../api/index.ts";
import { Button, ErrorNote, IconButton, Loading, Menu, Select } from "../ui/index.ts";
import { Logo } from "./logo.tsx";
import { NAV } from "./nav.ts";
import { Palette } from "./palette.tsx";
import { useSession } from "./session.ts";
import { rememberedWorkspaceId, rememberWorkspace, WorkspaceContext, type CurrentWorkspace } from "./workspace.ts";

/** The frame of all signed-in pages: navigation at the side, the page beside it. */
export function Shell() {
  const session = useSession();
  const navigate = useNavigate();
  const [chosenId, setChosenId] = useState(rememberedWorkspaceId);
  const list = useMemo(() => session.data?.workspaces ?? [], [session.data]);
  const current = useMemo((): CurrentWorkspace | null => {
    const found = list.find((workspace) => workspace.id === chosenId) ?? list[0];
    return found ? { id: found.id, name: found.name, role: found.role } : null;
  }, [list, chosenId]);
  if (session.error instanceof MillraceError && session.error.status === 401) {
    void navigate({ to: "/login", search: { next: location.pathname } });
    return null;
  }
  if (session.error !== null) {
    return (
      <main className="mx-auto max-w-lg p-10">
        <ErrorNote error={session.error} onRetry={() => location.reload()} />
      </main>
    );
  }
  if (current === null) return <Loading />;
  const choose = (id: string): void => {
    rememberWorkspace(id);
    setChosenId(id);
  };
  return (
    <WorkspaceContext value={current}>
      <Frame workspaces={list} current={current} onChoose={choose} userName={session.data?.user.username ?? ""} />
    </WorkspaceContext>
  );
}

interface FrameProps {
  workspaces: readonly { id: string; name: string }[];
  current: CurrentWorkspace;
  onChoose(id: string): void;
  userName: string;
}

function Frame({ workspaces, current, onChoose, userName }: FrameProps) {
  const [isPaletteOpen, setIsPaletteOpen] = useState(false);
  const [isNavOpen, setIsNavOpen] = useState(false);
  return (
    <div className="flex h-full flex-col md:flex-row">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded focus:bg-panel focus:p-2"
      >
        Skip to content
      </a>
      <header className="flex h-12 items-center justify-between border-b bg-panel px-3 md:hidden">
        <Logo />
        <IconButton label="Menu" aria-expanded={isNavOpen} onClick={() => setIsNavOpen(!isNavOpen)}>
          <MenuIcon className="size-5" />
        </IconButton>
      </header>
      <nav
        aria-label="Main"
        className={`${isNavOpen ? "flex" : "hidden"} w-full shrink-0 flex-col gap-3 border-r bg-panel p-3 md:flex md:w-56`}
      >
        <div className="hidden px-2 pt-1 md:block">
          <Logo />
        </div>
        {workspaces.length > 1 ? (
          <Select aria-label="Workspace" value={current.id} onChange={(event) => onChoose(event.target.value)}>
            {workspaces.map((workspace) => (
              <option key={workspace.id} value={workspace.id}>
                {workspace.name}
              </option>
            ))}
          </Select>
        ) : (
          <p className="truncate px-2 text-xs text-muted">{current.name}</p>
        )}
        <Button onClick={() => setIsPaletteOpen(true)} className="justify-start! text-muted">
          <Search aria-hidden className="size-4" />
          Go to…
          <kbd className="ml-auto font-sans text-xs">Ctrl K</kbd>
        </Button>
        <ul className="flex flex-col gap-0.5">
          {NAV.map((entry) => (
            <li key={entry.to}>
              <Link
                to={entry.to}
                onClick={() => setIsNavOpen(false)}
                activeOptions={{ exact: entry.to === "/" }}
                className="flex items-center gap-2.5 rounded-md px-2.5 py-1.5 text-sm text-muted hover:bg-raised hover:text-ink data-[status=active]:bg-accent-soft data-[status=active]:font-medium data-[status=active]:text-ink"
              >
                <entry.icon aria-hidden className="size-4" />
                {entry.label}
              </Link>
            </li>
          ))}
        </ul>
        <UserMenu userName={userName} />
      </nav>
      <main id="content" className="min-h-0 min-w-0 flex-1 overflow-y-auto">
        <Outlet />
      </main>
      <Palette isOpen={isPaletteOpen} onOpenChange={setIsPaletteOpen} />
    </div>
  );
}

function UserMenu({ userName }: { userName: string }) {
  const logOut = useChange("logOut");
  const leave = (): void => logOut.mutate({}, { onSettled: () => location.assign("/login") });
  const items = [
    { label: "Documentation", onSelect: () => location.assign("/docs") },
    { label: "Log out", onSelect: leave },
  ];
  return (
    <div className="mt-auto">
      <Menu
        items={items}
        trigger={
          <Button kind="quiet" className="w-full justify-start!">
            <LogOut aria-hidden className="size-4" />
            <span className="truncate">{userName}</span>
          </Button>
        }
      />
    </div>
  );
}
