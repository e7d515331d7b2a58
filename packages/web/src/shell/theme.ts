export type Theme = "light" | "dark" | "system";

const KEY = "millrace-theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** Shows a theme and keeps the choice in this browser. */
export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  apply();
}

/** Shows the chosen theme, and follows the system's while none is chosen. */
export function startTheme(): void {
  apply();
  prefersDark.addEventListener("change", apply);
}

function apply(): void {
  const theme = chosenTheme();
  document.documentElement.classList.toggle("dark", theme === "dark" || (theme === "system" && prefersDark.matches));
}
