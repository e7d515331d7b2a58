import { Activity, AppWindow, Cable, Home, KeyRound, Radio, Settings, Workflow, type LucideIcon } from "lucide-react";

export interface NavEntry {
  to: string;
  label: string;
  icon: LucideIcon;
  /** More words that the command palette finds it by. */
  words: string;
}

export const NAV: readonly NavEntry[] = [
  { to: "/", label: "Home", icon: Home, words: "start overview" },
  { to: "/workflows", label: "Workflows", icon: Workflow, words: "build steps triggers" },
  { to: "/runs", label: "Runs", icon: Activity, words: "history executions errors replay" },
  { to: "/sources", label: "Sources", icon: Radio, words: "events components emit" },
  { to: "/webhooks", label: "Webhooks", icon: Cable, words: "subscriptions deliveries listeners" },
  { to: "/accounts", label: "Accounts", icon: KeyRound, words: "connect credentials oauth" },
  { to: "/apps", label: "Apps", icon: AppWindow, words: "catalogue registry components" },
  {
    to: "/workspace",
    label: "Workspace",
    icon: Settings,
    words: "members api keys variables data stores usage audit system",
  },
];
