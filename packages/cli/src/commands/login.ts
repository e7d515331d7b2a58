import { createInterface } from "node:readline/promises";
import { MillraceClient } from "@millrace/client";
import { defineCommand } from "citty";
import { baseOf, clientOf, removeProfile, saveProfile, serverArgs } from "../access/index.ts";
import { readEnvironment } from "../environment.ts";
import { UsageError } from "../run/index.ts";
import { say, told } from "../terminal/index.ts";

/** `millrace login`: keeps a server's address and an API key for the commands that follow. */
export const login = defineCommand({
  meta: { name: "login", description: "Keep a server and an API key for later commands" },
  args: {
    ...serverArgs,
    key: { type: "string", description: "The API key; asked for, or read from stdin, when absent" },
    org: { type: "string", description: "The workspace, when you belong to several" },
  },
  run: ({ args }) =>
    told(async () => {
      const environment = readEnvironment();
      const url = baseOf(args.url ?? environment.apiUrl ?? "http://localhost:3000");
      const apiKey = args.key ?? (await askForKey(url));
      const { data: user } = await new MillraceClient({ url, token: apiKey }).call("getCurrentUser");
      const profile = { url, apiKey, orgId: args.org ?? null };
      await saveProfile(environment.profilesPath, args.profile ?? null, profile);
      say(
        args.json ? JSON.stringify({ url, id: user.id, username: user.username, email: user.email }) : loggedIn(user),
      );
    }),
});

/** `millrace logout`: forgets what `login` kept. */
export const logout = defineCommand({
  meta: { name: "logout", description: "Forget a server and its key" },
  args: { profile: serverArgs.profile, json: serverArgs.json },
  run: ({ args }) =>
    told(async () => {
      const wasThere = await removeProfile(readEnvironment().profilesPath, args.profile ?? null);
      if (!wasThere) throw new UsageError("You are not logged in");
      say(
        args.json
          ? JSON.stringify({ logged_out: true })
          : "Logged out. The key is still valid: delete it in the dashboard",
      );
    }),
});

/** `millrace whoami` */
export const whoami = defineCommand({
  meta: { name: "whoami", description: "Say who the server takes you for" },
  args: serverArgs,
  run: ({ args }) =>
    told(async () => {
      const { data: user } = await (await clientOf(args, readEnvironment())).call("getCurrentUser");
      say(args.json ? JSON.stringify(user) : loggedIn(user));
    }),
});

function loggedIn({ username, email }: { username: string; email: string }): string {
  return `Logged in as ${username} (${email})`;
}

async function askForKey(url: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const key = await terminal.question(`API key (make one at ${url}/workspace?tab=api-keys): `);
    if (key.trim() === "") throw new UsageError("Without a key there is no logging in");
    return key.trim();
  } finally {
    terminal.close();
  }
}
