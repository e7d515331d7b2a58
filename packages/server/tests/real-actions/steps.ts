/** One step of a third-party action, and what must come of it. */
export interface Expected {
  readonly namespace: string;
  readonly action: string;
  readonly props: Record<string, unknown>;
  /** What it returns; left out when that differs each time or is of no interest. */
  readonly returns?: unknown;
  /** Judges what it returns. */
  readonly isRight?: (value: unknown) => boolean;
  readonly exports?: Record<string, unknown>;
}

function step(action: string, props: Record<string, unknown>, more: Partial<Expected> = {}): Expected {
  return { namespace: action.replaceAll("-", "_"), action, props, ...more };
}

const NOON = "2026-01-01T12:00:00Z";
const includes = (text: string) => (value: unknown) => JSON.stringify(value).includes(text);
const isText = (pattern: RegExp) => (value: unknown) => typeof value === "string" && pattern.test(value);

export function helperSteps(services: { url: string; mailPort: string }): Expected[] {
  const { url, mailPort } = services;
  const mail = { host: "127.0.0.1", port: mailPort, ignoreTLS: true, user: "u", pass: "p" };
  const message = { from: "mill@example.com", to: "race@example.com", subject: "From an action", text: "Hello" };
  return [
    step("base64-decode-string", { data: "bWlsbA==" }, { exports: { data: "mill" } }),
    step("compare-arrays", { array1: ["a", "b"], array2: ["b"], actionType: "difference" }, { returns: ["a"] }),
    step("convert-html-to-slack-mrkdwn", { html: "<b>mill</b>" }, { isRight: isText(/\*mill\*/) }),
    step("convert-object-to-json-string", { object: "{{ ({ a: 1 }) }}" }, { returns: '{"a":1}' }),
    step("delay", { ms: "10" }, { exports: { $summary: "Workflow successfully delayed for 10 ms" } }),
    step("download-file-to-tmp", { url: `${url}/file`, filename: "f" }, { returns: ["f", "/tmp/f"] }),
    step("export-variables", { config: { mill: "race" } }, { exports: { config: { mill: "race" } } }),
    step(
      "format-iso8601-datetime",
      { iso8601: "2026-01-01T12:00:00" },
      { returns: { date_time: "01/01/2026 12:00:00 pm", date: "01/01/2026", time: "12:00:00 pm" } },
    ),
    step("get-coutry-name-by-code-iso", { countryCode: "NZ" }, { returns: "New Zealand" }),
    step("get-current-time-in-specific-timezone", { timezone: "Asia/Tokyo" }, { isRight: isText(/\+09:00$/) }),
    step("get-iso-string-n-days-ago", { days: "2" }),
    step(
      "get-time-in-specific-timezone",
      { time: NOON, timezone: "Asia/Tokyo" },
      { returns: "2026-01-01T21:00:00+09:00" },
    ),
    step("html-to-markdown", { input: "<h1>Mill</h1>", headingStyle: "atx" }, { returns: "# Mill" }),
    step("prettify-json", { val: "mill" }),
    step("random-integer", { min: 7, max: 7 }, { returns: 7 }),
    step("random-item-from-list", { list: ["only"], quantity: 1 }, { returns: ["only"] }),
    step("send-email-with-nodemailer", { ...mail, ...message }),
    step("send-http-request", { httpRequest: { method: "POST", url: `${url}/request` } }),
    step("xml-to-json", { input: "<a>1</a>", compact: true, spaces: 2 }, { returns: { a: { _text: "1" } } }),
  ];
}

export function dataStoreSteps(stores: { first: string; second: string }): Expected[] {
  const dataStore = stores.first;
  return [
    step("add-update-record", { dataStore, key: "a", value: "1" }, { returns: { key: "a", value: 1, ttl: null } }),
    step(
      "add-update-multiple-records",
      { dataStore, data: { b: "two", c: "true" } },
      { returns: { b: "two", c: true, _ttl: null } },
    ),
    step("append-to-record", { dataStore, key: "list", value: "x", ttl: 3600 }),
    step("get-all-records", { dataStore }, { returns: { a: 1, b: "two", c: true, list: ["x"] } }),
    step("list-keys", { dataStore }, { exports: { $summary: "Found 4 key(s)." } }),
    step("list-records", { dataStore, keys: ["a", "b"], returnType: "object" }, { returns: { a: 1, b: "two" } }),
    step(
      "get-record-keys",
      { dataStore, query: "two", contains: true },
      { returns: { hasRegisteredKeys: true, keys: ["b"], values: ["two"] } },
    ),
    step("get-record-or-create", { dataStore, key: "d", addRecordIfNotFound: "Yes", value: "4" }, { returns: 4 }),
    step(
      "has-key-or-create",
      { dataStore, key: "d", addRecordIfNotFound: "No" },
      { returns: { existingKeyFound: true, newKeyCreated: false } },
    ),
    step("update-ttl", { dataStore, key: "d", ttlOption: "3600" }),
    step("delete-single-record", { dataStore, key: "d" }, { returns: 4 }),
    step(
      "get-difference",
      { dataStoreA: dataStore, dataStoreB: stores.second, returnType: "object" },
      { returns: { a: 1, b: "two", c: true, list: ["x"] } },
    ),
    step("delete-all-records", { dataStore: dataStore }),
  ];
}

const orders = { schema: "public", table: "orders" };
const tea = { id: 1, item: "tea" };

export const postgresSteps: readonly Expected[] = [
  step(
    "insert-row",
    { ...orders, rowValues: { item: "tea" } },
    { exports: { $summary: "Successfully inserted 1 row" } },
  ),
  step("find-row", { ...orders, column: "item", value: "tea" }, { exports: { $summary: "Row found" } }),
  step("update-row", { ...orders, column: "id", value: "1", rowValues: { item: "green tea" } }),
  step("upsert-row", { ...orders, conflictTarget: "item", rowValues: { id: 7, item: "coffee" } }),
  step(
    "find-row-custom-query",
    { query: "select item from orders where id = $1", values: ["7"] },
    { returns: [{ item: "coffee" }] },
  ),
  step("delete-rows", { ...orders, column: "item", value: "coffee" }, { returns: [{ id: 7, item: "coffee" }] }),
  step(
    "execute-custom-query",
    { sql: { value: "select count(*)::int as n from orders", params: [], usePreparedStatements: false } },
    { returns: [{ n: 1 }] },
  ),
];

const where = { table: "orders", condition: "id = ?" };
export const mysqlSteps: readonly Expected[] = [
  step("list-table-options", {}, { returns: ["orders"] }),
  step("create-row", { table: "orders", item: "tea" }),
  step("find-row", { table: "orders", column: "item", operator: "=", value: "tea" }, { returns: [tea] }),
  step("update-row", { ...where, conditionValues: ["1"], item: "green tea" }),
  step("execute-query", { ...where, values: ["1"] }, { returns: [{ id: 1, item: "green tea" }] }),
  step("list-stored-procedure-options", {}, { isRight: includes("shop.count_orders") }),
  step("execute-stored-procedure", { storedProcedure: "shop.count_orders" }, { returns: [{ n: 1 }] }),
  step("delete-row", { ...where, values: ["1"] }),
  step(
    "execute-raw-query",
    { sql: { value: "select count(*) as n from orders", params: [], usePreparedStatements: false } },
    { returns: [{ n: 0 }] },
  ),
];

const projectId = 7;
const groupId = 3;
const issue = { iid: 1, title: "Leak", description: "At the wheel" };
export const gitlabSteps: readonly Expected[] = [
  step(
    "create-branch",
    { projectId, ref: "main", branchName: "mend" },
    { returns: { name: "mend", ref: "main" }, exports: { $summary: "Created branch mend" } },
  ),
  step("get-repo-branch", { projectId, branch: "mend" }, { returns: { name: "mend", ref: "main" } }),
  step("list-repo-branches", { projectId, search: "mend" }, { returns: [{ name: "mend", ref: "main" }] }),
  step("list-commits", { projectId, max: 10 }, { returns: [{ id: "c0ffee", title: "First" }] }),
  step("create-issue", { projectId, title: issue.title, description: issue.description }, { returns: issue }),
  step("update-issue", { projectId, issueIid: 1, title: "Big leak" }, { returns: { ...issue, title: "Big leak" } }),
  step("get-issue", { projectId, issueIid: 1 }, { returns: { ...issue, title: "Big leak" } }),
  step("search-issues", { projectId, search: "Big", max: 10 }, { returns: [{ ...issue, title: "Big leak" }] }),
  step("create-epic", { groupId, title: "Dam" }, { returns: { iid: 1, title: "Dam" } }),
  step("update-epic", { groupId, epicIid: 1, title: "New dam" }, { returns: { iid: 1, title: "New dam" } }),
];
