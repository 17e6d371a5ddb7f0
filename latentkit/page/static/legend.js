// The legend: what the colours say. A name hides and shows its points.

function swatch(entry) {
  const [fill, shape] = look(entry);
  const parts = [];
  const path = { beginPath() {}, closePath() {}, arc(x, y, r) { parts.push(`M${x - r},${y}a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0`); },
    moveTo(x, y) { parts.push(`M${x},${y}`); }, lineTo(x, y) { parts.push(`L${x},${y}`); } };
  outline(shape, path, 8, 8, 5);
  return drawn("svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" }, drawn("path", { d: `${parts.join("")}Z`, fill }));
}

// Every place of the legend that has images, with its name and how many.
function places(column) {
  const counts = new Map();
  for (let i = 0; i < n; i++) counts.set(scene.entry[i], (counts.get(scene.entry[i]) || 0) + 1);
  const found = column.legend.map((name, entry) => ({ entry, name, count: counts.get(entry) || 0 }));
  if (counts.has(-1)) found.push({ entry: -1, name: column.rest, count: counts.get(-1) });
  return found;
}

function legend() {
  const column = scene.column, list = byId("legend");
  byId("legend-title").textContent = column === null ? "" : shown(column.title);
  list.replaceChildren();
  byId("all").hidden = column === null || column.hidden.size === 0;
  if (column === null) return;
  if (!column.names) return void list.append(ramp(column));
  for (const { entry, name, count: many } of places(column)) {
    const off = column.hidden.has(entry);
    const toggle = () => { off ? column.hidden.delete(entry) : column.hidden.add(entry); hiddenChanged(entry, 0); };
    const only = () => { column.hidden = new Set(places(column).map((one) => one.entry).filter((one) => one !== entry)); hiddenChanged(entry, 1); };
    const take = () => { select(rowsWhere((row) => scene.entry[row] === entry && visible(row)), true); };
    const text = element("span", {}, shown(name));
    list.append(element("li", { "data-entry": entry },
      element("button", { type: "button", class: "name", "aria-pressed": String(!off), title: "Hide or show", on: { click: toggle } }, swatch(entry), text, element("i", {}, count(many))),
      element("button", { type: "button", class: "less", title: "Hide all others", "aria-label": `only ${shown(name)}`, on: { click: only } }, "only"),
      element("button", { type: "button", class: "less", title: "Select its points", "aria-label": `select ${shown(name)}`, on: { click: take } }, "select")));
  }
}

function hiddenChanged(entry, which) {
  if (scene.at >= 0 && !visible(scene.at)) point(-1);
  legend();
  search();
  repaint();
  const button = document.querySelectorAll(`#legend li[data-entry="${entry}"] button`)[which];
  if (button) button.focus();
}

function ramp(column) {
  const stops = data.palette[dark() ? "dark" : "light"].ramp, bar = drawn("svg", { viewBox: `0 0 ${stops.length} 1`, preserveAspectRatio: "none", role: "img", "aria-label": "colour scale" });
  stops.forEach((fill, i) => bar.append(drawn("rect", { x: i, y: 0, width: 1.05, height: 1, fill })));
  const item = element("li", { class: "ramp" }, bar, element("div", { class: "ends" }, element("span", {}, number(column.low)), element("span", {}, number(column.high))));
  const missing = rowsWhere((row) => scene.entry[row] < 0).length;
  if (missing) item.append(element("p", { class: "note" }, `${count(missing)} have no value (grey)`));
  return item;
}
