/** The buttons above the plot: projections, color, tools, zoom. */

import { columns } from "./column.js";
import { data } from "./data.js";
import { buttonById, byId, createButton, createElement, divById } from "./dom.js";
import { fit, listen, setColumn, setTool, setView, state, zoom } from "./state.js";
import { escapeText } from "./text.js";
import { views } from "./view.js";

export const ZOOM_STEP = 1.4;
const ONE_COLOR = -1;
/** @type {Record<string, number>} */
const TAB_STEPS = { ArrowRight: 1, ArrowLeft: -1 };

const isAdding = () => buttonById("add").getAttribute("aria-pressed") === "true";

/** Return whether selecting replaces the selection or adds to it. */
export const selectionMode = ({ shiftKey = false } = {}) => (shiftKey || isAdding() ? "add" : "replace");

function connectTabs() {
  /** @param {number} shown */
  const open = (shown) => {
    tabs.forEach((tab, i) => {
      tab.tabIndex = i === shown ? 0 : -1;
      tab.setAttribute("aria-selected", String(i === shown));
    });
    setView(views[shown]);
  };
  const tabs = views.map((view, i) => {
    const attributes = { role: "tab", "aria-controls": "plot" };
    const tab = createButton(attributes, () => open(i), escapeText(view.name));
    tab.addEventListener("keydown", (event) => {
      const step = TAB_STEPS[event.key];
      if (step === undefined) return;
      const next = (i + step + tabs.length) % tabs.length;
      open(next);
      tabs[next].focus();
    });
    return tab;
  });
  divById("views").append(...tabs);
  open(0);
}

function connectColorChoice() {
  const choice = byId("color", HTMLSelectElement);
  choice.append(
    createElement("option", { value: String(ONE_COLOR) }, "one color"),
    ...columns.map((column, i) => createElement("option", { value: String(i) }, escapeText(column.title))),
  );
  const colorByChoice = () => {
    const index = Number(choice.value);
    setColumn(index === ONE_COLOR ? null : columns[index]);
  };
  choice.addEventListener("change", colorByChoice);
  choice.value = String(columns.findIndex((column) => column.key === data.color));
  colorByChoice();
}

function connectTools() {
  /** @type {NodeListOf<HTMLButtonElement>} */
  const buttons = document.querySelectorAll("button[data-tool]");
  for (const button of buttons)
    button.addEventListener("click", () =>
      setTool(/** @type {import("./state.js").Tool} */ (button.dataset.tool)),
    );
  listen(["tool"], () => {
    for (const button of buttons)
      button.setAttribute("aria-pressed", String(button.dataset.tool === state.tool));
  });
  const add = buttonById("add");
  add.addEventListener("click", () => add.setAttribute("aria-pressed", String(!isAdding())));
  buttonById("zoom-in").addEventListener("click", () => zoom(ZOOM_STEP));
  buttonById("zoom-out").addEventListener("click", () => zoom(1 / ZOOM_STEP));
  buttonById("fit").addEventListener("click", fit);
  setTool("move");
}

/** Fill the toolbar, and make its buttons work. */
export function connectToolbar() {
  connectTabs();
  connectColorChoice();
  connectTools();
}
