// Dark or light: as the system has it until the person says otherwise.
import type { Globe } from "../globe/globe.ts";

const KEY = "triwatch-theme";
const system = matchMedia("(prefers-color-scheme: light)");

const isLight = (): boolean => {
  const kept = localStorage.getItem(KEY);
  return kept ? kept === "light" : system.matches;
};

export function applyTheme(globe: Globe): void {
  const light = isLight();
  document.documentElement.dataset["theme"] = light ? "light" : "dark";
  globe.paint(!light);
}

export function toggleTheme(globe: Globe): void {
  localStorage.setItem(KEY, isLight() ? "dark" : "light");
  applyTheme(globe);
}

export const onSystemTheme = (globe: Globe): void => system.addEventListener("change", () => applyTheme(globe));
