import assert from "node:assert/strict";
import { test } from "node:test";
import { TestReceiver } from "../testing/index.ts";
import { type ApiCaller, startPlatform } from "../testing/instance/index.ts";
import { SftpService, skipWithout } from "../testing/services/index.ts";

const COMPONENT = "npm:@pipedream/sftp@0.5.1/sources/watch-remote-directory/watch-remote-directory.mjs";

interface FileChange {
  event: "created" | "updated" | "deleted";
  name: string;
}

async function deployWatcher(
  api: ApiCaller,
  access: { host: string; username: string; privateKey: string },
  rootDirectory: string,
): Promise<{ id: string }> {
  const { host, username, privateKey } = access;
  const credentials = { host, username, privateKey };
  const app = { authProvisionId: await api.connect("sftp", { componentUrl: COMPONENT, credentials }) };
  const configured_props = { app, timer: { intervalSeconds: 1 }, rootDirectory, maxDepth: 1 };
  return api.data("POST", "/sources", { component_url: COMPONENT, configured_props });
}

test(
  "watch-remote-directory of npm:@pipedream/sftp carries each change of a directory to a webhook exactly once",
  { skip: skipWithout("sftp") },
  async () => {
    await using sftp = await SftpService.start();
    await using platform = await startPlatform();
    await using receiver = await TestReceiver.start();
    const { api } = platform;
    const changes = (): FileChange[] => receiver.requests.map((request) => JSON.parse(request.body) as FileChange);

    const source = await deployWatcher(api, sftp, sftp.root);
    await api.deliverTo(receiver.url, source.id);
    await sftp.write("invoice.csv", "1,2,3\n");
    await receiver.waitFor((requests) => requests.length >= 1);
    await sftp.write("invoice.csv", "1,2,3\n4,5,6\n");
    await sftp.touch("invoice.csv", new Date(Date.now() + 60_000));
    await receiver.waitFor(() => changes().some((change) => change.event === "updated"));
    await sftp.write("notes.txt", "hello");
    await receiver.waitFor(() => changes().some((change) => change.name === "notes.txt"));
    await api.data("POST", `/sources/${source.id}/run`, {});

    assert.deepEqual(
      changes()
        .filter(({ event }) => event === "created")
        .map(({ name }) => name),
      ["invoice.csv", "notes.txt"],
    );
    const ids = receiver.requests.map((request) => request.headers["x-pd-event-id"]);
    assert.equal(new Set(ids).size, ids.length, "no event is delivered twice");
  },
);
