import type { ApiCaller } from "../../testing/instance/index.ts";
import { nodeStep } from "../../testing/test-runs.ts";

/** What a step tells the receiver before it does anything else. */
export interface Told {
  /** The run. */
  readonly run: string;
  /** The number of the event. */
  readonly n: number;
  /** The step's namespace, and its place in a loop. */
  readonly key: string;
  /** How often it runs, by its own account. */
  readonly runs: number;
  /** Keys of what is recorded of the run, as the step sees it. */
  readonly sees: readonly string[];
  /** Where the run waits to be called. */
  readonly resume?: string;
}

/** How a workflow of the load is started, and what it comes to. */
export interface Kind {
  readonly name: string;
  readonly steps: (receiverUrl: string) => object[];
  /** Of an HTTP trigger; absent: started by the API. */
  readonly http?: { readonly answers: boolean };
  /** Of its code steps, those outside a loop. */
  readonly namespaces: readonly string[];
  readonly status: "success" | "error";
}

export interface DeployedKind extends Kind {
  readonly workflowId: string;
  readonly endpoint: string | null;
}

const SUSPENSION_MS = 600_000;

interface Telling {
  /** JavaScript: the key. */
  readonly key?: string;
  /** JavaScript: keys that it sees. */
  readonly sees?: string;
  /** JavaScript: more fields. */
  readonly more?: string;
}

function tell(url: string, name: string, { key, sees, more }: Telling = {}): string {
  const body = `{ run: $.context.run_id, n: (steps.trigger.event.body ?? steps.trigger.event).n, key: ${key ?? JSON.stringify(name)},
    runs: $.context.run.runs, sees: ${sees ?? "Object.keys(steps)"}, ${more ?? ""} }`;
  return `const told = await fetch(${JSON.stringify(url)}, { method: "POST", body: JSON.stringify(${body}) });
    if (told.status !== 200) throw new TypeError("The receiver says " + told.status);`;
}

const python = (url: string): object => ({
  namespace: "python",
  lang: "python3.12",
  // Programs look for loopback addresses in their own sandbox unless they are told to ask the proxy.
  code: `import json, os, urllib.request
def handler(pd):
    trigger = pd.steps["trigger"]
    told = {"run": trigger["context"]["run_id"], "n": trigger["event"]["n"], "key": "python", "runs": 1, "sees": list(pd.steps.keys())}
    request = urllib.request.Request("${url}", data=json.dumps(told).encode(), method="POST")
    request.set_proxy(os.environ["http_proxy"].removeprefix("http://"), "http")
    urllib.request.urlopen(request).read()
    return {"n": trigger["event"]["n"], "node": pd.steps["node"]["$return_value"]}`,
});

const bash = (url: string): object => ({
  namespace: "bash",
  lang: "bash",
  code: `jq -c '{run: .trigger.context.run_id, n: .trigger.event.n, key: "bash", runs: 1, sees: keys_unsorted}' $PIPEDREAM_STEPS |
  curl -sSf --noproxy '' -X POST --data-binary @- ${url}
echo "n:json=$(jq .python.'"$return_value"'.n $PIPEDREAM_STEPS)" >> $PIPEDREAM_EXPORTS`,
});

const loopTelling = (name: string, last: string): Telling => ({
  key: `"${name}#" + steps.each.index`,
  sees: `[...Object.keys(steps).map((key) => key === "first" ? "first#" + steps.each.index : key),
    ...(steps.each.index > 0 ? ["${last}#" + (steps.each.index - 1)] : [])]`,
});

/** Steps of every sort, each of which tells that it runs. */
export const KINDS: readonly Kind[] = [
  {
    name: "suspended",
    status: "success",
    namespaces: ["a", "ask", "then"],
    steps: (url) => [
      nodeStep("a", `${tell(url, "a")} return 1;`),
      nodeStep(
        "ask",
        `const { resume_url } = $.flow.suspend(${SUSPENSION_MS}); ${tell(url, "ask", { more: "resume: resume_url" })}`,
      ),
      nodeStep("then", `${tell(url, "then")} return steps.ask.$resume_data.body.n;`),
    ],
  },
  {
    name: "delayed",
    status: "success",
    namespaces: ["a", "wait", "again", "z"],
    steps: (url) => [
      nodeStep("a", `${tell(url, "a")} return 1;`),
      nodeStep("wait", `${tell(url, "wait")} $.flow.delay(1 + 50 * (steps.trigger.event.n % 20));`),
      nodeStep("again", `${tell(url, "again")} $.flow.rerun(100, null, 2);`),
      nodeStep("z", `${tell(url, "z")} return steps.trigger.event.n;`),
    ],
  },
  {
    name: "retrying",
    status: "error",
    namespaces: ["flaky", "on", "fails"],
    steps: (url) => [
      nodeStep("flaky", `${tell(url, "flaky")} return 1;`, { retry: { max_attempts: 5, backoff_s: 0.05 } }),
      nodeStep("on", `${tell(url, "on")} return 2;`),
      nodeStep("fails", `${tell(url, "fails")} throw new Error("as asked");`),
    ],
  },
  {
    name: "answering",
    status: "success",
    http: { answers: true },
    namespaces: ["a", "answer", "after"],
    steps: (url) => [
      nodeStep("a", `${tell(url, "a")} return 1;`),
      nodeStep(
        "answer",
        `${tell(url, "answer")} const { n } = steps.trigger.event.body; await $.respond({ status: 200, body: { n }, immediate: n % 2 === 0 });`,
      ),
      nodeStep("after", `${tell(url, "after")} return steps.trigger.event.body.n;`),
    ],
  },
  {
    name: "default answer",
    status: "success",
    http: { answers: false },
    namespaces: ["a", "b"],
    steps: (url) => [nodeStep("a", `${tell(url, "a")} return 1;`), nodeStep("b", `${tell(url, "b")} return 2;`)],
  },
  {
    name: "languages",
    status: "success",
    namespaces: ["node", "python", "bash", "last"],
    steps: (url) => [
      nodeStep("node", `${tell(url, "node")} return "node";`),
      python(url),
      bash(url),
      nodeStep("last", `${tell(url, "last")} return steps.bash.n;`),
    ],
  },
  {
    name: "blocks",
    status: "success",
    namespaces: ["l1", "l2", "r1", "last"],
    steps: (url) => [
      {
        type: "parallel",
        namespace: "both",
        branches: [
          {
            slug: "l",
            steps: [nodeStep("l1", `${tell(url, "l1")} $.flow.delay(100);`), nodeStep("l2", tell(url, "l2"))],
          },
          { slug: "r", steps: [nodeStep("r1", `${tell(url, "r1")} return 1;`)] },
        ],
      },
      {
        type: "loop",
        namespace: "each",
        over: "{{ [1, 2, 3] }}",
        steps: [
          nodeStep("first", `${tell(url, "first", loopTelling("first", "second"))} return 1;`),
          nodeStep("second", `${tell(url, "second", loopTelling("second", "second"))} return steps.each.item;`),
        ],
      },
      nodeStep("last", `${tell(url, "last")} return steps.each.$return_value;`),
    ],
  },
];

/** Creates the workflows of the load. */
export function deployKinds(api: ApiCaller, receiverUrl: string): Promise<DeployedKind[]> {
  return Promise.all(
    KINDS.map(async (kind) => {
      const triggers = kind.http ? [{ type: "http", props: { custom_response: kind.http.answers } }] : [];
      const data = await api.data<{ id: string; triggers: { endpoint_url: string }[] }>("POST", "/workflows", {
        settings: { name: kind.name },
        steps: kind.steps(receiverUrl),
        triggers,
      });
      const url = data.triggers[0]?.endpoint_url;
      return { ...kind, workflowId: data.id, endpoint: url ? api.url + new URL(url).pathname : null };
    }),
  );
}
