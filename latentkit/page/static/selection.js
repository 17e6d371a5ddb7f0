// What is selected: how many of which class, their pictures, and their ids as CSV.

const STRIP = 120;
const labels = columns.find((column) => column.key === "labels" && column.names);
let showing = STRIP;

function rowsWhere(wanted) {
  const found = [];
  for (let row = 0; row < n; row++) if (wanted(row)) found.push(row);
  return found;
}

// Make these rows the selection; or add them to it, or take them from it.
function select(rows, add = false, remove = false) {
  if (!add && !remove) chosen.fill(0);
  for (const row of rows) chosen[row] = remove ? 0 : 1;
  scene.selected = chosen.reduce((sum, one) => sum + one, 0);
  showing = STRIP;
  selection();
  repaint();
  say(`${count(scene.selected)} selected`);
}

function selection() {
  const rows = rowsWhere((row) => chosen[row] === 1);
  byId("selected").textContent = rows.length ? `Selected: ${count(rows.length)} of ${count(n)}` : "Nothing is selected";
  byId("hint").hidden = rows.length > 0;
  byId("download").hidden = byId("clear").hidden = rows.length === 0;
  countTable(rows);
  strip(rows);
}

function countTable(rows) {
  const table = byId("counts"), column = scene.column && scene.column.names ? scene.column : labels;
  table.replaceChildren();
  if (!rows.length || !column) return;
  const all = new Map(), mine = new Map();
  for (let row = 0; row < n; row++) all.set(column.values[row], (all.get(column.values[row]) || 0) + 1);
  for (const row of rows) mine.set(column.values[row], (mine.get(column.values[row]) || 0) + 1);
  const head = element("tr", {}, ...[shown(column.title), "selected", "of all", "share"].map((text) => element("th", { scope: "col" }, text)));
  const lines = [...mine].sort((a, b) => b[1] - a[1]).slice(0, 50).map(([code, many]) =>
    element("tr", {}, element("th", { scope: "row" }, shown(column.names[code]) || column.rest), element("td", {}, count(many)),
      element("td", {}, count(all.get(code))), element("td", {}, `${((100 * many) / rows.length).toFixed(1)}%`)));
  table.append(element("thead", {}, head), element("tbody", {}, ...lines));
  if (mine.size > 50) table.append(element("tfoot", {}, element("tr", {}, element("td", { colspan: 4 }, `and ${mine.size - 50} more`))));
}

function strip(rows) {
  const held = byId("strip");
  held.replaceChildren(...rows.slice(0, showing).map((row) => {
    const item = element("button", { type: "button", title: shown(data.ids[row]), on: { click: () => { plot.scrollIntoView({ block: "nearest" }); lookAt(row); point(row); } } });
    if (hasThumbnail(row)) {
      const picture = element("canvas", { "aria-hidden": "true" });
      thumbnail(row, picture, 72);
      item.append(picture);
    }
    item.append(element("span", {}, shown(data.ids[row].split("/").pop())));
    return item;
  }));
  byId("more").hidden = rows.length <= showing;
  byId("more").textContent = `Show ${count(Math.min(STRIP, rows.length - showing))} more`;
}

const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

// The ids with their labels and clusters: what --labels reads back.
function csv(rows) {
  const named = [["labels", "label"], ["clusters", "cluster"], ["split", "split"]]
    .map(([key, name]) => [columns.find((column) => column.key === key && column.names), name]).filter(([column]) => column);
  const lines = [["id", ...named.map(([, name]) => name)], ...rows.map((row) => [data.ids[row], ...named.map(([column]) => column.names[column.values[row]])])];
  return lines.map((line) => `${line.map(cell).join(",")}\n`).join("");
}

function download() {
  const url = URL.createObjectURL(new Blob([csv(rowsWhere((row) => chosen[row] === 1))], { type: "text/csv" }));
  element("a", { href: url, download: "selected.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
