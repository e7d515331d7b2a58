import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from "@tanstack/react-router";
import { Shell } from "./shell/index.ts";
import { ErrorNote, Loading } from "./ui/index.ts";

const root = createRootRoute({
  component: Outlet,
  errorComponent: ({ error }) => (
    <main className="mx-auto max-w-lg p-10">
      <ErrorNote error={error} onRetry={() => location.reload()} />
    </main>
  ),
  notFoundComponent: () => <main className="p-10 text-center text-muted">There is no such page.</main>,
});

const signedIn = createRoute({ getParentRoute: () => root, id: "signed-in", component: Shell });
const under = { getParentRoute: () => signedIn };
const outside = { getParentRoute: () => root };
const withTab = {
  validateSearch: (search: Record<string, unknown>): { tab?: string } =>
    typeof search["tab"] === "string" ? { tab: search["tab"] } : {},
};

// Each page is a file of its own that loads when it is first looked at.
const pages = [
  createRoute({
    ...under,
    path: "/",
    component: lazyRouteComponent(() => import("./pages/home/index.ts"), "HomePage"),
  }),
  createRoute({
    ...under,
    path: "/workflows",
    component: lazyRouteComponent(() => import("./pages/workflows/index.ts"), "WorkflowsPage"),
  }),
  createRoute({
    ...under,
    path: "/workflows/new",
    component: lazyRouteComponent(() => import("./pages/workflows/index.ts"), "NewWorkflowPage"),
  }),
  createRoute({
    ...under,
    ...withTab,
    path: "/workflows/$id",
    component: lazyRouteComponent(() => import("./pages/workflows/index.ts"), "WorkflowPage"),
  }),
  createRoute({
    ...under,
    path: "/runs",
    component: lazyRouteComponent(() => import("./pages/runs/index.ts"), "RunsPage"),
  }),
  createRoute({
    ...under,
    path: "/runs/$id",
    component: lazyRouteComponent(() => import("./pages/runs/index.ts"), "RunPage"),
  }),
  createRoute({
    ...under,
    path: "/sources",
    component: lazyRouteComponent(() => import("./pages/sources/index.ts"), "SourcesPage"),
  }),
  createRoute({
    ...under,
    path: "/sources/new",
    component: lazyRouteComponent(() => import("./pages/sources/index.ts"), "NewSourcePage"),
  }),
  createRoute({
    ...under,
    path: "/sources/$id",
    component: lazyRouteComponent(() => import("./pages/sources/index.ts"), "SourcePage"),
  }),
  createRoute({
    ...under,
    path: "/webhooks",
    component: lazyRouteComponent(() => import("./pages/webhooks/index.ts"), "WebhooksPage"),
  }),
  createRoute({
    ...under,
    path: "/webhooks/$id",
    component: lazyRouteComponent(() => import("./pages/webhooks/index.ts"), "WebhookPage"),
  }),
  createRoute({
    ...under,
    path: "/accounts",
    component: lazyRouteComponent(() => import("./pages/accounts/index.ts"), "AccountsPage"),
  }),
  createRoute({
    ...under,
    path: "/apps",
    component: lazyRouteComponent(() => import("./pages/apps/index.ts"), "AppsPage"),
  }),
  createRoute({
    ...under,
    ...withTab,
    path: "/workspace",
    component: lazyRouteComponent(() => import("./pages/workspace/index.ts"), "WorkspacePage"),
  }),
] as const;

const entrances = [
  createRoute({
    ...outside,
    path: "/login",
    validateSearch: (search: Record<string, unknown>): { next?: string } =>
      typeof search["next"] === "string" ? { next: search["next"] } : {},
    component: lazyRouteComponent(() => import("./pages/login/index.ts"), "LoginPage"),
  }),
  createRoute({
    ...outside,
    path: "/setup",
    component: lazyRouteComponent(() => import("./pages/login/index.ts"), "SetUpPage"),
  }),
  createRoute({
    ...outside,
    path: "/signup",
    component: lazyRouteComponent(() => import("./pages/login/index.ts"), "SignUpPage"),
  }),
  createRoute({
    ...outside,
    path: "/forgot",
    component: lazyRouteComponent(() => import("./pages/login/index.ts"), "ForgotPage"),
  }),
  createRoute({
    ...outside,
    path: "/reset-password",
    component: lazyRouteComponent(() => import("./pages/login/index.ts"), "ResetPage"),
  }),
  createRoute({
    ...outside,
    path: "/invite",
    component: lazyRouteComponent(() => import("./pages/login/index.ts"), "InvitationPage"),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren([...entrances, signedIn.addChildren([...pages])]),
  defaultPreload: "intent",
  defaultPendingComponent: Loading,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
