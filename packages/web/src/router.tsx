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

// Each page is a file of its own that loads when it is first looked at.
const pages = [
  createRoute({
    getParentRoute: () => signedIn,
    path: "/",
    component: lazyRouteComponent(() => import("./pages/home/home.tsx"), "HomePage"),
  }),
];

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search["next"] === "string" ? { next: search["next"] } : {},
  component: lazyRouteComponent(() => import("./pages/login/login.tsx"), "LoginPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([login, signedIn.addChildren(pages)]),
  defaultPreload: "intent",
  defaultPendingComponent: Loading,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
