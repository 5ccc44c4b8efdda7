import { effect, signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";

const STORED_AS = "millrace-theme";
const ORDER: readonly Theme[] = ["auto", "light", "dark"];

export const theme = signal<Theme>("auto");
/** Counts each change of colours, for what is painted and not styled. */
export const paletteVersion = signal(0);

export function startTheme(): void {
  theme.value = ORDER.find((name) => name === stored()) ?? "auto";
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paletteVersion.value++);
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
    paletteVersion.value = paletteVersion.peek() + 1;
  });
}

export function nextTheme(): void {
  theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length] ?? "auto";
  try {
    localStorage.setItem(STORED_AS, theme.value);
  } catch {
    // A browser that keeps nothing starts with the system's colours again.
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORED_AS);
  } catch {
    return null;
  }
}
