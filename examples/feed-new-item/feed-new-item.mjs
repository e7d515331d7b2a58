const MAX_ITEMS = 50;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

export default {
  key: "feed-new-item",
  name: "New Item in a Feed",
  description: "Emit each new item of an RSS or Atom feed.",
  version: "1.0.0",
  type: "source",
  // The platform remembers the last 100 ids, which is more than one poll can bring.
  dedupe: "unique",
  props: {
    url: { type: "string", label: "Feed URL", description: "The address of an RSS or Atom feed." },
    timer: { type: "$.interface.timer", default: { intervalSeconds: 900 } },
    db: "$.service.db",
  },
  hooks: {
    async deploy() {
      await this.emitItems();
    },
  },
  methods: {
    /** Fetches the feed; null when the server says that nothing has changed. */
    async fetchFeed() {
      const known = this.db.get("validators") ?? {};
      const headers = { accept: "application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.8" };
      if (known.etag) headers["if-none-match"] = known.etag;
      if (known.lastModified) headers["if-modified-since"] = known.lastModified;
      const response = await fetch(this.url, { headers });
      if (response.status === 304) return null;
      if (!response.ok) throw new Error(`${this.url} answered ${response.status}`);
      const text = await response.text();
      return {
        text,
        validators: { etag: response.headers.get("etag"), lastModified: response.headers.get("last-modified") },
      };
    },
    async emitItems() {
      const feed = await this.fetchFeed();
      if (feed === null) return;
      const items = parseFeed(feed.text).slice(0, MAX_ITEMS);
      for (const item of items.toReversed()) {
        this.$emit(item, {
          id: item.id,
          summary: item.title ?? item.id,
          ts: Date.parse(item.published_at ?? "") || Date.now(),
        });
      }
      // Last, so that a feed that could not be read is read again.
      this.db.set("validators", feed.validators);
    },
  },
  async run() {
    await this.emitItems();
  },
  sampleEmit: {
    id: "urn:1",
    title: "Hello",
    link: "https://blog.example/hello",
    published_at: "2026-01-05T10:00:00.000Z",
    author: "Ada",
    summary: "First post",
    categories: ["news"],
  },
};

/** Items of an RSS or Atom feed, in its own order (newest first by custom). */
function parseFeed(xml) {
  const items = elements(xml, "item").concat(elements(xml, "entry"));
  if (items.length === 0 && !/<(rss|feed|rdf:RDF)[\s>]/i.test(xml)) throw new Error("This is neither RSS nor Atom");
  return items.map(({ content }) => {
    const link = linkOf(content);
    const title = text(content, "title");
    const published =
      text(content, "pubDate") ?? text(content, "published") ?? text(content, "dc:date") ?? text(content, "updated");
    const id = text(content, "guid") ?? text(content, "id") ?? link ?? title ?? content;
    return {
      id,
      title,
      link,
      published_at: isoDate(published),
      author: text(content, "dc:creator") ?? authorOf(content),
      summary: text(content, "description") ?? text(content, "summary") ?? text(content, "content"),
      categories: elements(content, "category").map(
        (found) => plain(found.content) || attribute(found.attributes, "term"),
      ),
    };
  });
}

/** All elements of a name: their attributes and inner XML. CDATA may hold anything, so it is skipped as a whole. */
function elements(xml, name) {
  const found = [];
  const pattern = new RegExp(
    `<!\\[CDATA\\[[\\s\\S]*?\\]\\]>|<${name}(\\s[^>]*?)?(?:/>|>((?:<!\\[CDATA\\[[\\s\\S]*?\\]\\]>|[\\s\\S])*?)</${name}\\s*>)`,
    "gi",
  );
  for (const [whole, attributes = "", content = ""] of xml.matchAll(pattern)) {
    if (!whole.startsWith("<![CDATA[")) found.push({ attributes, content });
  }
  return found;
}

function text(xml, name) {
  const [first] = elements(xml, name);
  return first ? plain(first.content) || undefined : undefined;
}

function linkOf(xml) {
  const links = elements(xml, "link");
  const alternate = links.find(({ attributes }) => /rel=["']alternate["']/.test(attributes)) ?? links[0];
  return alternate && (attribute(alternate.attributes, "href") || plain(alternate.content) || undefined);
}

function authorOf(xml) {
  const [author] = elements(xml, "author");
  return author && (text(author.content, "name") ?? (plain(author.content) || undefined));
}

function attribute(attributes, name) {
  const [, value] = new RegExp(`\\b${name}=["']([^"']*)["']`).exec(attributes) ?? [];
  return value && unescape(value);
}

function plain(content) {
  const cdata = /<!\[CDATA\[([\s\S]*?)\]\]>/.exec(content);
  return (cdata ? cdata[1] : unescape(content)).trim();
}

function unescape(value) {
  return value.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name) => {
    if (!name.startsWith("#")) return ENTITIES[name] ?? whole;
    const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function isoDate(value) {
  const time = Date.parse(value ?? "");
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
