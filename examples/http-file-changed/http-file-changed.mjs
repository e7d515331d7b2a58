import { createHash } from "node:crypto";

const MAX_CONTENT_BYTES = 1024 * 1024;

export default {
  key: "http-file-changed",
  name: "File on the Web Changed",
  description: "Emit when the file at a URL has changed.",
  version: "1.0.0",
  type: "source",
  props: {
    url: { type: "string", label: "URL" },
    timer: { type: "$.interface.timer", default: { intervalSeconds: 300 } },
    includeContent: {
      type: "boolean",
      label: "Include Content",
      description: "Add the text of the file to the event, up to 1 MB.",
      optional: true,
      default: false,
    },
    db: "$.service.db",
  },
  hooks: {
    async deploy() {
      const found = await this.look();
      if (found) this.db.set("seen", found.seen);
    },
  },
  methods: {
    /** What lies at the URL; null when the server says that it is what we have seen. */
    async look() {
      const seen = this.db.get("seen") ?? {};
      const headers = {};
      if (seen.etag) headers["if-none-match"] = seen.etag;
      if (seen.lastModified) headers["if-modified-since"] = seen.lastModified;
      const response = await fetch(this.url, { headers });
      if (response.status === 304) return null;
      if (!response.ok) throw new Error(`${this.url} answered ${response.status}`);
      const content = Buffer.from(await response.arrayBuffer());
      return {
        content,
        contentType: response.headers.get("content-type"),
        seen: {
          etag: response.headers.get("etag"),
          lastModified: response.headers.get("last-modified"),
          sha256: createHash("sha256").update(content).digest("hex"),
        },
      };
    },
  },
  async run() {
    const before = this.db.get("seen");
    const found = await this.look();
    if (!found) return;
    this.db.set("seen", found.seen);
    if (!before || found.seen.sha256 === before.sha256) return;
    const { content, contentType, seen } = found;
    this.$emit(
      {
        url: this.url,
        etag: seen.etag,
        last_modified: seen.lastModified,
        sha256: seen.sha256,
        content_type: contentType,
        size_bytes: content.length,
        ...(this.includeContent && { content: content.subarray(0, MAX_CONTENT_BYTES).toString("utf8") }),
      },
      { id: `${seen.sha256}-${Date.now()}`, summary: `${this.url} changed` },
    );
  },
  sampleEmit: {
    url: "https://example.com/prices.csv",
    etag: '"33a64df5"',
    last_modified: "Mon, 05 Jan 2026 10:00:00 GMT",
    sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    content_type: "text/csv",
    size_bytes: 5120,
  },
};
