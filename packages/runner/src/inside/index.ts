/** What runs inside the sandbox: `main.ts` is its program, `network-hook.ts` its preload; nothing outside imports their code. */
export const insideMainUrl = new URL("./main.ts", import.meta.url);
export const insideHookUrl = new URL("./network-hook.ts", import.meta.url);
