import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defineApp, defineComponent } from "./index.ts";

const acme = defineApp({
  type: "app",
  app: "acme",
  propDefinitions: { folder: { type: "string", options: ({ page }) => [`page ${page}`] } },
  methods: {
    key(): string {
      return this.$auth["api_key"] ?? "";
    },
  },
});

describe("defineComponent", () => {
  it("types this after the props and returns the very object", () => {
    const component = {
      key: "acme-new-item",
      props: {
        acme,
        db: "$.service.db",
        http: { type: "$.interface.http", customResponse: true },
        count: { type: "integer", optional: true },
        folder: { propDefinition: [acme, "folder"], type: "string[]" },
      },
    } as const;
    const source = defineComponent({
      ...component,
      methods: {
        double(n: number) {
          return n * 2;
        },
      },
      run(event) {
        const count: number | undefined = this.count;
        const folders: string[] = this.folder;
        this.db.set("last", [this.acme.key(), this.double(count ?? 1), folders.length]);
        this.http.respond({ status: 200, body: event });
        this.$emit(event, { id: 1, ts: Date.now() });
      },
    });
    assert.equal(source.key, "acme-new-item");
    assert.equal(source.props?.acme, acme);
    const same = { run() {} };
    assert.equal(defineComponent(same), same);
  });

  it("types actions by their $", () => {
    const action = defineComponent({
      type: "action",
      props: {
        text: "string",
        store: "data_store",
        request: "http_request",
        sql: { type: "sql" },
        dir: { type: "dir" },
      },
      async run({ $ }) {
        $.export("$summary", this.text.toUpperCase());
        const n: number = await this.store.increment("n");
        $.send.emit({ n });
        const { data } = await this.request.execute();
        await $.files.open("a.txt").fromFile("/tmp/a.txt");
        if (n > 1) return $.flow.delay(n).resume_url;
        return [data, this.sql.params, this.dir.open("b").path];
      },
    });
    assert.equal(action.type, "action");
  });
});
