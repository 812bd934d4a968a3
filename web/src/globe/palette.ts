// Colours of the globe, dark and light. The panels take theirs from style/theme.css.

export interface Palette {
  sky: string;
  sea: string;
  seaRim: string;
  land: string;
  landRim: string;
  coast: string;
  border: string;
  grid: string;
  gridStrength: number;
  air: string;
  airStrength: number;
  text: string;
  halo: string;
  quiet: string;
  warning: string;
  search: string;
  outlineOfSymbols: string;
}

export const DARK: Palette = {
  sky: "#070d13",
  sea: "#0f1f2c",
  seaRim: "#16303f",
  land: "#22333d",
  landRim: "#26404c",
  coast: "#4a6472",
  border: "#3b505b",
  grid: "#5d7c8c",
  gridStrength: 0.13,
  air: "#5b9dc2",
  airStrength: 0.34,
  text: "#e6eef2",
  halo: "#0b151d",
  quiet: "#8fa6b2",
  warning: "#ffb454",
  search: "#d8d06a",
  outlineOfSymbols: "#0a1319",
};

export const LIGHT: Palette = {
  sky: "#e9eff2",
  sea: "#cfdee6",
  seaRim: "#b6cbd7",
  land: "#f5f2ea",
  landRim: "#e3e2da",
  coast: "#8fa3ad",
  border: "#bdbfb6",
  grid: "#5f7f90",
  gridStrength: 0.2,
  air: "#8fb4c8",
  airStrength: 0.5,
  text: "#16242c",
  halo: "#ffffff",
  quiet: "#4d626d",
  warning: "#b45a00",
  search: "#7a6a00",
  outlineOfSymbols: "#22313a",
};
