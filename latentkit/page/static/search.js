/** The search for ids. */

import { describe } from "./card.js";
import { data } from "./data.js";
import { announce, buttonById, byId } from "./dom.js";
import { isVisible, listen, lookAt, rowsWhere, select, setCursor, setMatches } from "./state.js";
import { formatCount } from "./text.js";
import { selectionMode } from "./toolbar.js";

const lowerIds = data.ids.map((id) => id.toLowerCase());
/** @type {number[]} */
let matches = [];
/** How many times Enter was pressed; each press goes to the next match. */
let visits = 0;

const queryInput = () => byId("query", HTMLInputElement);

function search() {
  const query = queryInput().value.trim().toLowerCase();
  matches = query ? rowsWhere((row) => lowerIds[row].includes(query)) : [];
  const hidden = matches.filter((row) => !isVisible(row)).length;
  const summary = `${formatCount(matches.length)} found${hidden ? `, ${formatCount(hidden)} hidden` : ""}`;
  byId("matches", HTMLOutputElement).textContent = query ? summary : "";
  buttonById("select-matches").hidden = matches.length === hidden;
  setMatches(matches);
}

function goToNextMatch() {
  const visible = matches.filter(isVisible);
  if (!visible.length) return;
  const row = visible[visits++ % visible.length];
  lookAt(row);
  setCursor(row);
  announce(describe(row));
}

/** Make the search field work. */
export function connectSearch() {
  const input = queryInput();
  input.addEventListener("input", () => {
    visits = 0;
    search();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") goToNextMatch();
    if (event.key !== "Escape") return;
    input.value = "";
    search();
    byId("overlay", HTMLCanvasElement).focus();
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof Element && event.target.closest("input, select, textarea");
    if (event.key !== "/" || isTyping) return;
    event.preventDefault();
    input.focus();
  });
  buttonById("select-matches").addEventListener("click", () =>
    select(matches.filter(isVisible), selectionMode()),
  );
  listen(["column", "visibility"], search);
}
