import assert from "node:assert/strict";
import { test } from "node:test";
import { TestReceiver } from "../testing/index.ts";
import { startPlatform } from "../testing/instance/index.ts";
import { MariadbService, skipWithout } from "../testing/services/index.ts";

const COMPONENT = "npm:@pipedream/mysql@2.5.0/sources/new-row/new-row.mjs";

test(
  "new-row of npm:@pipedream/mysql carries each row inserted into MariaDB to a webhook exactly once",
  { skip: skipWithout("mariadb") },
  async () => {
    await using mariadb = await MariadbService.start();
    await using platform = await startPlatform();
    await using receiver = await TestReceiver.start();
    const { api } = platform;
    await mariadb.execute("create table orders (id int auto_increment primary key, item varchar(40) not null)");
    await mariadb.execute("insert into orders (item) values ('before the source')");

    const { host, port, username, password, database } = mariadb;
    const credentials = { host, port, username, password, database };
    const accountId = await api.connect("mysql", { componentUrl: COMPONENT, credentials });
    const source = await api.data<{ id: string }>("POST", "/sources", {
      component_url: COMPONENT,
      configured_props: {
        mysql: { authProvisionId: accountId },
        timer: { intervalSeconds: 1 },
        table: "orders",
        column: "id",
      },
    });
    assert.deepEqual(await api.eventsOf(source.id), [{ id: 1, item: "before the source" }]);

    await api.deliverTo(receiver.url, source.id);
    for (const item of ["mill", "race", "wheel"]) await mariadb.execute(`insert into orders (item) values ('${item}')`);
    await receiver.waitFor((requests) => requests.length >= 3);
    await api.data("POST", `/sources/${source.id}/run`, {});
    const rows = receiver.requests.map((request) => JSON.parse(request.body) as { id: number; item: string });
    assert.deepEqual(
      rows.toSorted((a, b) => a.id - b.id),
      [
        { id: 2, item: "mill" },
        { id: 3, item: "race" },
        { id: 4, item: "wheel" },
      ],
    );
  },
);
