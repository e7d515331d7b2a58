/** How the guide looks, by day and by night. */
export const GUIDE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --bar: #f6f7f8; --ink: #1b2027; --soft: #55606e; --line: #dde1e6; --accent: #0f766e; --code: #f3f5f6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12151a; --bar: #171b21; --ink: #e6eaef; --soft: #a2adbb; --line: #2e3641; --accent: #5eead4; --code: #1b2129;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 72px; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
a { color: var(--accent); text-underline-offset: 2px; }
a:focus-visible, input:focus-visible, pre:focus-visible, .wide:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 8px; top: 8px; z-index: 3; background: var(--ground); padding: 8px; }
header {
  position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; align-items: center; gap: 8px 24px; padding: 10px 24px;
  background: var(--bar); border-bottom: 1px solid var(--line);
}
.brand { font-weight: 700; color: var(--ink); text-decoration: none; }
header form { flex: 1; max-width: 420px; }
header nav { margin-left: auto; display: flex; gap: 18px; }
input {
  width: 100%; padding: 7px 12px; border: 1px solid var(--line); border-radius: 8px; background: var(--ground); color: inherit; font: inherit;
}
.page { display: grid; grid-template-columns: 220px minmax(0, 1fr); max-width: 1240px; margin: 0 auto; padding: 0 24px; gap: 40px; }
.pages { position: sticky; top: 60px; align-self: start; max-height: calc(100vh - 60px); overflow-y: auto; padding: 24px 0; font-size: 0.94rem; }
.pages ul, aside ul { list-style: none; margin: 0; padding: 0; }
.pages a { display: block; padding: 4px 10px; border-radius: 6px; color: var(--soft); text-decoration: none; }
.pages a:hover { color: var(--ink); }
.pages a[aria-current] { background: var(--code); color: var(--ink); font-weight: 600; }
main { display: flex; gap: 40px; padding: 24px 0 80px; min-width: 0; }
article { flex: 1; min-width: 0; max-width: 780px; }
aside { position: sticky; top: 84px; align-self: start; width: 190px; flex: none; font-size: 0.875rem; }
aside p { margin: 0 0 6px; font-weight: 600; }
aside a { display: block; padding: 3px 0; color: var(--soft); text-decoration: none; }
h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -0.02em; margin: 0 0 18px; }
h2 { font-size: 1.35rem; margin: 40px 0 12px; letter-spacing: -0.01em; }
h3 { font-size: 1.1rem; margin: 28px 0 8px; }
p, ul, ol { margin: 0 0 14px; overflow-wrap: break-word; }
code { font: 0.875em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; background: var(--code); padding: 1px 5px; border-radius: 4px; overflow-wrap: anywhere; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; overflow-x: auto; margin: 0 0 18px; }
pre code { padding: 0; background: none; overflow-wrap: normal; }
.wide { overflow-x: auto; margin: 0 0 18px; }
table { border-collapse: collapse; width: 100%; font-size: 0.94rem; }
th, td { text-align: left; vertical-align: top; padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); }
td:first-child { min-width: 130px; }
.found { padding-left: 20px; }
.found p { color: var(--soft); margin: 2px 0 14px; }
@media (max-width: 1080px) { aside { display: none; } }
@media (max-width: 760px) {
  .page { display: block; padding: 0 16px; }
  .pages { position: static; max-height: none; padding: 12px 0; }
  .pages ul { display: flex; flex-wrap: wrap; }
  main { padding-top: 12px; }
}
`;
