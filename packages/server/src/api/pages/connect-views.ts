import type { ConnectionStep, ConnectionView, ConnectProblem } from "../../accounts/index.ts";
import type { ErrorDetail } from "../../core/index.ts";
import { Html, html } from "./html.ts";
import { page } from "./page.ts";

type Connected = Extract<ConnectionStep, { kind: "connected" }>;

/** What was entered and what was wrong with it. Secrets are never sent back. */
export interface EnteredForm {
  values: Readonly<Record<string, string>>;
  problems: readonly ErrorDetail[];
}

const FOOTER = html`<footer>Credentials are stored encrypted, and used only by what this workspace runs.</footer>`;

/** The page of a link: who asks for what, the fields, and one button. */
export function connectPage(view: ConnectionView, { values, problems }: EnteredForm): string {
  const { app, definition, fields, scopes } = view;
  const isKeys = definition.auth.type === "keys";
  const general = problems.filter(({ path }) => !fields.some((field) => path === `credentials.${field.name}`));
  const body = html`<p>
      The workspace
      <strong>${view.workspaceName}</strong> ${view.isReconnecting ? "asks you to renew its access to" : "wants to use"}
      your ${app.name} account${isKeys ? "." : html`. You sign in at ${app.name}; your password stays there.`}
    </p>
    ${general.map(({ message }) => html`<p class="notice bad" role="alert">${message}</p>`)}
    ${
      scopes.length === 0
        ? null
        : html`<details>
            <summary>Access that is asked for</summary>
            <ul>
              ${scopes.map((scope) => html`<li><code>${scope}</code></li>`)}
            </ul>
          </details>`
    }
    <form method="post" autocomplete="off">
      ${fields.map((field) => fieldOf(field, { value: values[field.name], problem: problems.find(({ path }) => path === `credentials.${field.name}`)?.message }))}
      <button>${isKeys ? "Connect" : `Continue to ${app.name}`}</button>
    </form>
    ${FOOTER}`;
  return page({ title: `Connect ${app.name}`, logo: app.img_src, body });
}

function fieldOf(
  field: ConnectionView["fields"][number],
  { value, problem }: { value: string | undefined; problem: string | undefined },
): Html {
  const isSecret = field.type === "password";
  const id = `field-${field.name}`;
  const shown = isSecret ? "" : (value ?? field.default ?? "");
  const isRequired = field.optional !== true && (field.default === undefined || field.default === "");
  return html`<div class="field">
    <label for="${id}"
      >${field.label}${field.optional === true ? html` <span class="soft">(optional)</span>` : null}</label
    >
    <input
      id="${id}"
      name="${field.name}"
      type="${isSecret ? "password" : "text"}"
      value="${shown}"
      autocomplete="off"
      autocapitalize="off"
      spellcheck="false"
      ${isRequired ? new Html(" required") : null}${problem === undefined ? null : new Html(` aria-invalid="true" aria-describedby="${id}-problem"`)}
    />
    ${problem === undefined ? null : html`<p class="problem" id="${id}-problem">${problem}</p>`}
    ${field.description === undefined ? null : html`<p class="soft">${field.description}</p>`}
  </div>`;
}

/** On the way to the provider; the header of the reply takes the browser there. */
export function awayPage({ url, appName }: { url: string; appName: string }): string {
  const body = html`<p>You are being taken to ${appName}.</p>
    <a class="button" href="${url}">Continue to ${appName}</a>`;
  return page({ title: `Connect ${appName}`, body });
}

export function connectedPage({ appName, name, accountId, warning }: Connected): string {
  const body = html`<p class="notice good" role="status">
      ${appName}${name === null ? null : html` (${name})`} is connected.
    </p>
    ${warning === null ? null : html`<p class="notice bad" role="alert">But trying it failed: ${warning}</p>`}
    <p class="soft">You can close this page. The account's id is <code>${accountId}</code>.</p>`;
  return page({ title: "Done", body });
}

/** Where something was connected, though not by this: who reloads the last page must not take fright. */
const TITLES: Partial<Record<ConnectProblem["code"], string>> = {
  link_used: "Already connected",
  state_stale: "This step is over",
};

export function problemPage({ message, advice, retryUrl, code }: ConnectProblem): string {
  const title = TITLES[code];
  const body = html`<p class="notice ${title === undefined ? "bad" : "calm"}" role="alert">${message}</p>
    <p>${advice}</p>
    ${retryUrl === null ? null : html`<a class="button" href="${retryUrl}">Try again</a>`}
    <footer>Code: <code>${code}</code></footer>`;
  return page({ title: title ?? "Not connected", body });
}

/** For what should not happen: no word of the inside. */
export function failurePage(requestId: string): string {
  const body = html`<p class="notice bad" role="alert">Something went wrong on our side.</p>
    <p>Try again in a moment.</p>
    <footer>Request: <code>${requestId}</code></footer>`;
  return page({ title: "Not connected", body });
}
