/** Light and dark: the colors of the page and of the points. */

import { REST } from "./column.js";
import { data } from "./data.js";
import { buttonById } from "./dom.js";
import { state } from "./state.js";

const NEXT_THEME = { auto: "light", light: "dark", dark: "auto" };
const CIRCLE = "o";

/** @param {string} name */
const cssVariable = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/**
 * Return a color of page.css as #rrggbb.
 *
 * @param {"paper" | "ink" | "faint" | "line" | "accent"} name
 */
export const cssColor = (name) => cssVariable(name);

/** Return the colors of the points in the current theme. */
export const themeData = () => data.palette[cssVariable("dark") === "1" ? "dark" : "light"];

/**
 * Return color and marker of a legend entry.
 *
 * @param {number} entry
 * @returns {[color: string, shape: string]}
 */
export function lookOf(entry) {
  const theme = themeData();
  if (entry === REST) return [theme.unlabeled, CIRCLE];
  if (state.column === null) return [theme.looks[0][0], CIRCLE];
  return state.column.names === null ? [theme.ramp[entry], CIRCLE] : theme.looks[entry];
}

/**
 * Make the theme button work.
 *
 * @param {() => void} onChange
 */
export function connectTheme(onChange) {
  const button = buttonById("theme");
  const { dataset } = document.documentElement;
  button.addEventListener("click", () => {
    const current = /** @type {keyof typeof NEXT_THEME} */ (dataset.theme ?? "auto");
    const next = NEXT_THEME[current];
    if (next === "auto") delete dataset.theme;
    else dataset.theme = next;
    button.textContent = `Theme: ${next}`;
    onChange();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
}
