/** The legend: what the colors mean. Its buttons hide, show and select the points of a class. */

import { REST } from "./column.js";
import { buttonById, byId, createButton, createElement, createSvg } from "./dom.js";
import { traceMarker } from "./markers.js";
import { entries, isVisible, listen, rowsWhere, select, setHidden, state } from "./state.js";
import { escapeText, formatCount, formatNumber } from "./text.js";
import { lookOf, themeData } from "./theme.js";

const SWATCH_SIZE = 16;
const SWATCH_RADIUS = 5;
/** A little more than 1: neighbors overlap, and no line shows between them. */
const RAMP_STEP_WIDTH = 1.05;

/** @param {number} entry */
function swatch(entry) {
  const [fill, shape] = lookOf(entry);
  /** @type {string[]} */
  const commands = [];
  /** @type {import("./markers.js").Path} */
  const path = {
    moveTo: (x, y) => void commands.push(`M${x},${y}`),
    lineTo: (x, y) => void commands.push(`L${x},${y}`),
    arc: (x, y, r) =>
      void commands.push(`M${x - r},${y}a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0`),
    closePath: () => void commands.push("Z"),
  };
  traceMarker(path, shape, SWATCH_SIZE / 2, SWATCH_SIZE / 2, SWATCH_RADIUS);
  return createSvg(
    "svg",
    {
      width: SWATCH_SIZE,
      height: SWATCH_SIZE,
      viewBox: `0 0 ${SWATCH_SIZE} ${SWATCH_SIZE}`,
      "aria-hidden": "true",
    },
    createSvg("path", { d: commands.join(""), fill }),
  );
}

/**
 * List the entries of the legend with name and number of images. The rest is listed only if it has images.
 *
 * @param {import("./column.js").Column} column
 */
function listEntries(column) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const entry of entries) counts.set(entry, (counts.get(entry) ?? 0) + 1);
  const listed = column.legend.map((name, entry) => ({ entry, name, count: counts.get(entry) ?? 0 }));
  const rest = counts.get(REST);
  return rest === undefined ? listed : [...listed, { entry: REST, name: column.rest, count: rest }];
}

/**
 * @param {import("./column.js").Column} column
 * @param {{ entry: number, name: string, count: number }} listed
 */
function classItem(column, { entry, name, count }) {
  const isHidden = column.hidden.has(entry);
  const toggle = () => {
    const others = [...column.hidden].filter((hidden) => hidden !== entry);
    setHidden(isHidden ? others : [...others, entry]);
    focusButton(entry, ".name");
  };
  const hideOthers = () => {
    setHidden(
      listEntries(column)
        .map((listed) => listed.entry)
        .filter((listed) => listed !== entry),
    );
    focusButton(entry, ".only");
  };
  const selectClass = () =>
    select(
      rowsWhere((row) => entries[row] === entry && isVisible(row)),
      "add",
    );
  const label = escapeText(name);
  return createElement(
    "li",
    { "data-entry": String(entry) },
    createButton(
      { class: "name", "aria-pressed": String(!isHidden), title: "Hide or show these points" },
      toggle,
      swatch(entry),
      createElement("span", {}, label),
      createElement("i", {}, formatCount(count)),
    ),
    createButton(
      { class: "less only", title: "Hide all other points", "aria-label": `only ${label}` },
      hideOthers,
      "only",
    ),
    createButton(
      { class: "less", title: "Select these points", "aria-label": `select ${label}` },
      selectClass,
      "select",
    ),
  );
}

/**
 * Restore the focus to a button that was rebuilt.
 *
 * @param {number} entry
 * @param {string} button
 */
function focusButton(entry, button) {
  /** @type {HTMLElement | null} */
  const made = document.querySelector(`#legend li[data-entry="${entry}"] ${button}`);
  made?.focus();
}

/** @param {import("./column.js").Column} column */
function rampItem(column) {
  const { ramp } = themeData();
  const bar = createSvg(
    "svg",
    {
      viewBox: `0 0 ${ramp.length} 1`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": "color scale",
    },
    ...ramp.map((fill, x) => createSvg("rect", { x, y: 0, width: RAMP_STEP_WIDTH, height: 1, fill })),
  );
  const ends = createElement(
    "div",
    { class: "ends" },
    createElement("span", {}, formatNumber(column.low)),
    createElement("span", {}, formatNumber(column.high)),
  );
  const item = createElement("li", { class: "ramp" }, bar, ends);
  const missing = rowsWhere((row) => entries[row] === REST).length;
  if (missing)
    item.append(createElement("p", { class: "note" }, `${formatCount(missing)} without a value (gray)`));
  return item;
}

/** Show the legend of the column that colors the points. */
export function showLegend() {
  const { column } = state;
  const list = byId("legend", HTMLUListElement);
  byId("legend-title", HTMLHeadingElement).textContent = column === null ? "" : escapeText(column.title);
  buttonById("show-all").hidden = column === null || column.hidden.size === 0;
  if (column === null) list.replaceChildren();
  else if (column.names === null) list.replaceChildren(rampItem(column));
  else list.replaceChildren(...listEntries(column).map((listed) => classItem(column, listed)));
}

/** Show the legend whenever it changes. */
export function connectLegend() {
  listen(["column", "visibility"], showLegend);
  buttonById("show-all").addEventListener("click", () => setHidden([]));
}
