import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";

/** What `$` offers in a Node step: [name, what it takes, what it does]. */
const DOLLAR: readonly (readonly [label: string, detail: string, info: string])[] = [
  ["$.export", "(name, value)", "Gives a result to later steps."],
  ["$.respond", "({ status, headers, body })", "Answers the request that started the run."],
  ["$.flow.exit", "(reason)", "Ends the run after this step."],
  ["$.flow.delay", "(ms)", "Waits, then goes on with the next step."],
  ["$.flow.suspend", "(timeoutMs)", "Waits for a call of resume_url; cancelled at the timeout."],
  ["$.flow.rerun", "(delayMs, context, maxRetries)", "Runs this step again later."],
  ["$.send.http", "({ method, url, headers, data })", "Sends a request when the run has ended."],
  ["$.send.email", "({ subject, text, html })", "Mails the workflow's owner."],
  ["$.send.emit", "({ name, event })", "Emits an event in the workflow's name."],
  ["$.send.sse", "({ channel, payload })", "Sends to who follows the workflow."],
  ["$.files.open", "(path)", "A file of the project's store."],
  ["$.context", "", "Ids, the deployment and the trace of this run."],
];

/** Completes `$.…` and `steps.…` in code. */
export function completionsOf(context: CompletionContext): CompletionResult | null {
  const word = context.matchBefore(/[\w$.]+/);
  if (word === null || (word.from === word.to && !context.explicit)) return null;
  const options = DOLLAR.map(([label, detail, info]) => ({ label, detail, info, type: "function" }));
  return {
    from: word.from,
    options: [...options, { label: "steps.trigger.event", type: "variable" }],
    validFor: /^[\w$.]*$/,
  };
}
