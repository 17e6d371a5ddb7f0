/** The selection: how many of each class, their thumbnails, and their ids as CSV. */

import { columns } from "./column.js";
import { data } from "./data.js";
import { announce, buttonById, byId, createButton, createElement, divById } from "./dom.js";
import { listen, lookAt, rowCount, rowsWhere, select, selected, setCursor, state } from "./state.js";
import { escapeText, formatCount, toCsv } from "./text.js";
import { drawThumbnail, hasThumbnail } from "./thumbnails.js";

const THUMBNAILS_AT_ONCE = 120;
const THUMBNAIL_SIZE = 72;
const MOST_CLASSES = 50;
/** Columns of the CSV, and the names under which `--labels` reads them. */
const CSV_COLUMNS = { labels: "label", clusters: "cluster", split: "split" };
const CSV_NAME = "selected.csv";
const DOWNLOAD_MILLISECONDS = 10_000;

let shownThumbnails = THUMBNAILS_AT_ONCE;

const selectedRows = () => rowsWhere((row) => selected[row] === 1);

/** @param {string} key */
const classColumn = (key) => columns.find((column) => column.key === key && column.names !== null);

/**
 * Count the rows of each class.
 *
 * @param {import("./column.js").Column} column
 * @param {number[] | null} rows null for all
 */
function countClasses(column, rows) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  const count = (/** @type {number} */ code) => counts.set(code, (counts.get(code) ?? 0) + 1);
  if (rows === null) for (let row = 0; row < rowCount; row++) count(column.values[row]);
  else for (const row of rows) count(column.values[row]);
  return counts;
}

/** @param {number[]} rows */
function showCounts(rows) {
  const table = byId("counts", HTMLTableElement);
  table.replaceChildren();
  const column = state.column?.names ? state.column : classColumn("labels");
  if (!rows.length || !column?.names) return;
  const { names } = column;
  const all = countClasses(column, null);
  const counts = countClasses(column, rows);
  const titles = [escapeText(column.title), "selected", "of all", "share"];
  const lines = [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_CLASSES)
    .map(([code, count]) =>
      createElement(
        "tr",
        {},
        createElement("th", { scope: "row" }, escapeText(names[code]) || column.rest),
        createElement("td", {}, formatCount(count)),
        createElement("td", {}, formatCount(all.get(code) ?? 0)),
        createElement("td", {}, `${((100 * count) / rows.length).toFixed(1)}%`),
      ),
    );
  table.append(
    createElement(
      "thead",
      {},
      createElement("tr", {}, ...titles.map((title) => createElement("th", { scope: "col" }, title))),
    ),
    createElement("tbody", {}, ...lines),
  );
  if (counts.size <= MOST_CLASSES) return;
  const more = createElement("td", { colspan: "4" }, `and ${formatCount(counts.size - MOST_CLASSES)} more`);
  table.append(createElement("tfoot", {}, createElement("tr", {}, more)));
}

/** @param {number} row */
function thumbnailButton(row) {
  const goThere = () => {
    divById("plot").scrollIntoView({ block: "nearest" });
    lookAt(row);
    setCursor(row);
  };
  const button = createButton({ title: escapeText(data.ids[row]) }, goThere);
  if (hasThumbnail(row)) {
    const picture = createElement("canvas", { "aria-hidden": "true" });
    drawThumbnail(row, picture, THUMBNAIL_SIZE);
    button.append(picture);
  }
  button.append(createElement("span", {}, escapeText(data.ids[row].split("/").pop() ?? "")));
  return button;
}

/** @param {number[]} rows */
function showThumbnails(rows) {
  divById("strip").replaceChildren(...rows.slice(0, shownThumbnails).map(thumbnailButton));
  const more = buttonById("more");
  more.hidden = rows.length <= shownThumbnails;
  more.textContent = `Show ${formatCount(Math.min(THUMBNAILS_AT_ONCE, rows.length - shownThumbnails))} more`;
}

function showSelection() {
  const rows = selectedRows();
  byId("selected", HTMLHeadingElement).textContent = rows.length
    ? `Selected: ${formatCount(rows.length)} of ${formatCount(rowCount)}`
    : "Nothing is selected";
  byId("hint", HTMLParagraphElement).hidden = rows.length > 0;
  for (const id of ["download", "clear"]) buttonById(id).hidden = rows.length === 0;
  showCounts(rows);
  showThumbnails(rows);
}

/** @param {number[]} rows */
function selectionCsv(rows) {
  const columnsOut = Object.entries(CSV_COLUMNS).flatMap(([key, name]) => {
    const column = classColumn(key);
    return column?.names ? [{ name, names: column.names, values: column.values }] : [];
  });
  return toCsv([
    ["id", ...columnsOut.map(({ name }) => name)],
    ...rows.map((row) => [data.ids[row], ...columnsOut.map(({ names, values }) => names[values[row]])]),
  ]);
}

function download() {
  const file = new Blob([selectionCsv(selectedRows())], { type: "text/csv" });
  const href = URL.createObjectURL(file);
  createElement("a", { href, download: CSV_NAME }).click();
  setTimeout(() => URL.revokeObjectURL(href), DOWNLOAD_MILLISECONDS);
}

/** Show the selection whenever it changes, and make its buttons work. */
export function connectSelection() {
  listen(["column"], showSelection);
  listen(["selection"], () => {
    shownThumbnails = THUMBNAILS_AT_ONCE;
    showSelection();
    announce(`${formatCount(state.selectedCount)} selected`);
  });
  buttonById("download").addEventListener("click", download);
  buttonById("clear").addEventListener("click", () => select([]));
  buttonById("more").addEventListener("click", () => {
    shownThumbnails += THUMBNAILS_AT_ONCE;
    showSelection();
  });
}
