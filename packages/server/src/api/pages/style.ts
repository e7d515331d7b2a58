/** How the pages look, by day and by night. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f4f5f7; --card: #ffffff; --ink: #1b2027; --soft: #5b6573; --line: #d9dde3;
  --accent: #2457d6; --accent-ink: #ffffff; --bad: #b3261e; --bad-ground: #fdeeec; --good: #1a7f4b; --good-ground: #e8f6ee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12151a; --card: #1b2027; --ink: #edf0f4; --soft: #9aa5b4; --line: #333b47;
    --accent: #7ea2ff; --accent-ink: #0d1526; --bad: #ff9a91; --bad-ground: #3a1f1d; --good: #7fd9a8; --good-ground: #17301f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px 16px;
  background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main {
  width: 100%; max-width: 440px; padding: 32px; border: 1px solid var(--line); border-radius: 16px;
  background: var(--card); box-shadow: 0 8px 30px rgb(0 0 0 / 8%);
}
header { display: flex; align-items: center; gap: 16px; margin-bottom: 20px; }
.logo {
  flex: none; width: 52px; height: 52px; border-radius: 12px; border: 1px solid var(--line); background: #ffffff;
  padding: 9px; object-fit: contain;
}
h1 { margin: 0; font-size: 1.35rem; line-height: 1.25; letter-spacing: -0.01em; overflow-wrap: anywhere; }
p { margin: 0 0 16px; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: 0.925rem; }
label { display: block; margin-bottom: 4px; font-weight: 600; font-size: 0.925rem; }
.field { margin-bottom: 18px; }
.field .soft { margin: 4px 0 0; }
input {
  width: 100%; padding: 10px 12px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--ground); color: inherit; font: inherit;
}
input:focus-visible, button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
input[aria-invalid="true"] { border-color: var(--bad); }
.problem { margin: 4px 0 0; color: var(--bad); font-size: 0.925rem; }
.notice { padding: 12px 14px; border-radius: 8px; margin-bottom: 18px; overflow-wrap: anywhere; }
.bad { background: var(--bad-ground); color: var(--bad); }
.calm { background: var(--ground); border: 1px solid var(--line); }
.good { background: var(--good-ground); color: var(--good); }
button, .button {
  display: block; width: 100%; padding: 12px 16px; border: 0; border-radius: 8px; text-align: center; text-decoration: none;
  background: var(--accent); color: var(--accent-ink); font: inherit; font-weight: 600; cursor: pointer;
}
button:hover, .button:hover { filter: brightness(1.08); }
details { margin: 0 0 18px; color: var(--soft); font-size: 0.925rem; }
summary { cursor: pointer; }
ul { margin: 8px 0 0; padding-left: 20px; }
code { font-size: 0.875em; overflow-wrap: anywhere; }
footer { margin-top: 24px; padding-top: 16px; border-top: 1px solid var(--line); color: var(--soft); font-size: 0.85rem; }
`;
