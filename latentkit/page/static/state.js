/**
 * The state of the page, and the listeners to its changes.
 *
 * Only the functions here change the state. Each notifies the listeners of its event, so that the parts of the page
 * do not depend on one another.
 */

import { camera } from "./camera.js";
import { data } from "./data.js";
import { views } from "./view.js";

/**
 * @typedef {"move" | "box" | "lasso"} Tool
 * @typedef {"view" | "column" | "visibility" | "selection" | "matches" | "camera" | "cursor" | "outline" | "tool"} Event
 */

export const rowCount = data.ids.length;

/** 1 for each selected row. */
export const selected = new Uint8Array(rowCount);

/** 1 for each row that the search matches. */
export const matched = new Uint8Array(rowCount);

/** Legend entry of each row. */
export const entries = new Int16Array(rowCount);

export const state = {
  view: views[0],
  /** @type {import("./column.js").Column | null} The column that colors the points; null for one color. */
  column: null,
  /** The row under the pointer or reached by the keyboard; -1 for none. */
  cursor: -1,
  /** @type {Tool} */
  tool: "move",
  /** @type {import("./spatial-index.js").Point[] | null} The box or lasso being drawn, in screen units. */
  outline: null,
  matchCount: 0,
  selectedCount: 0,
};

/** @type {Map<Event, (() => void)[]>} */
const listeners = new Map();

/**
 * Call a function after each of these events, in the order of registration.
 *
 * @param {Event[]} events
 * @param {() => void} listener
 */
export function listen(events, listener) {
  for (const event of events) listeners.set(event, [...(listeners.get(event) ?? []), listener]);
}

/** @param {Event} event */
function notify(event) {
  for (const listener of listeners.get(event) ?? []) listener();
}

/** @param {number} row */
export const isVisible = (row) => state.column === null || !state.column.hidden.has(entries[row]);

/**
 * Return the rows that satisfy a condition.
 *
 * @param {(row: number) => boolean} condition
 */
export function rowsWhere(condition) {
  const rows = [];
  for (let row = 0; row < rowCount; row++) if (condition(row)) rows.push(row);
  return rows;
}

/** @param {import("./view.js").View} view */
export function setView(view) {
  setCursor(-1);
  state.view = view;
  notify("view");
  fit();
}

/** @param {import("./column.js").Column | null} column */
export function setColumn(column) {
  setCursor(-1);
  state.column = column;
  if (column === null) entries.fill(0);
  else column.writeEntries(entries);
  notify("column");
}

/**
 * Hide these entries of the legend, and show all others.
 *
 * @param {Iterable<number>} hidden
 */
export function setHidden(hidden) {
  if (state.column === null) return;
  state.column.hidden = new Set(hidden);
  if (state.cursor >= 0 && !isVisible(state.cursor)) setCursor(-1);
  notify("visibility");
}

/** @param {number} row -1 for none */
export function setCursor(row) {
  if (row === state.cursor) return;
  state.cursor = row;
  notify("cursor");
}

/** @param {Tool} tool */
export function setTool(tool) {
  state.tool = tool;
  notify("tool");
}

/** @param {import("./spatial-index.js").Point[] | null} outline */
export function setOutline(outline) {
  state.outline = outline;
  notify("outline");
}

/** @param {number[]} rows */
export function setMatches(rows) {
  matched.fill(0);
  for (const row of rows) matched[row] = 1;
  state.matchCount = rows.length;
  notify("matches");
}

/**
 * Select these rows, add them to the selection, or remove them from it.
 *
 * @param {number[]} rows
 * @param {"replace" | "add" | "remove"} [how]
 */
export function select(rows, how = "replace") {
  if (how === "replace") selected.fill(0);
  for (const row of rows) selected[row] = how === "remove" ? 0 : 1;
  state.selectedCount = selected.reduce((sum, flag) => sum + flag, 0);
  notify("selection");
}

/**
 * Select a row that is not selected, or the reverse.
 *
 * @param {number} row
 */
export const toggleSelected = (row) => select([row], selected[row] ? "remove" : "add");

/** Show all points of the view. */
export function fit() {
  camera.fit(state.view.index.bounds);
  notify("camera");
}

/**
 * @param {number} factor
 * @param {number} [x]
 * @param {number} [y]
 */
export function zoom(factor, x, y) {
  camera.zoom(factor, x, y);
  notify("camera");
}

/**
 * @param {number} dx
 * @param {number} dy
 */
export function pan(dx, dy) {
  camera.pan(dx, dy);
  notify("camera");
}

/**
 * @param {number} yaw
 * @param {number} pitch
 */
export function turn(yaw, pitch) {
  if (!state.view.is3d) return;
  state.view.turn(yaw, pitch);
  notify("camera");
}

/**
 * Center on a row.
 *
 * @param {number} row
 */
export function lookAt(row) {
  camera.lookAt(state.view.xy[2 * row], state.view.xy[2 * row + 1]);
  notify("camera");
}
