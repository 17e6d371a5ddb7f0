// What a person does with mouse, finger and keyboard.

const card = byId("card"), query = byId("query");
const say = (text) => { byId("live").textContent = text; };

// The point that is looked at, by the pointer or by the keyboard: its card and its ring.
function point(row) {
  if (row === scene.at) return void (row >= 0 && put());
  scene.at = row;
  card.hidden = row < 0;
  overlay();
  if (row < 0) return;
  const facts = element("dl");
  for (const column of columns.slice(0, 10)) {
    const value = column.values[row];
    facts.append(element("dt", {}, shown(column.title)), element("dd", {}, column.names ? shown(column.names[value]) || column.rest : number(value)));
  }
  card.replaceChildren();
  if (hasThumbnail(row)) {
    const picture = element("canvas");
    thumbnail(row, picture, 112, () => scene.at === row);
    card.append(picture);
  }
  card.append(element("b", {}, shown(data.ids[row])), facts);
  put();
}

function put() {
  const x = sx(scene.view.xy[2 * scene.at]), y = sy(scene.view.xy[2 * scene.at + 1]);
  const [w, h] = [card.offsetWidth, card.offsetHeight];
  card.style.left = `${Math.max(4, x + 16 + w < wide ? x + 16 : x - 16 - w)}px`;
  card.style.top = `${Math.max(4, Math.min(high - h - 4, y - h / 2))}px`;
}

function tool(name) {
  scene.tool = plot.dataset.tool = name;
  for (const button of document.querySelectorAll("[data-tool]:is(button)")) button.setAttribute("aria-pressed", String(button.dataset.tool === name));
}

// Search ---------------------------------------------------------------------------------------

const lower = data.ids.map((id) => id.toLowerCase());
let hits = [], hit = 0;

function search() {
  const wanted = query.value.trim().toLowerCase();
  matched.fill(0);
  hits = wanted ? rowsWhere((row) => lower[row].includes(wanted)) : [];
  for (const row of hits) matched[row] = 1;
  const unseen = hits.filter((row) => !visible(row)).length;
  scene.matches = hits.length;
  byId("matches").textContent = wanted ? `${count(hits.length)} found${unseen ? `, ${count(unseen)} hidden` : ""}` : "";
  byId("take").hidden = hits.length === unseen;
  repaint();
}

query.addEventListener("input", () => { hit = 0; search(); });
query.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { query.value = ""; search(); marks.focus(); }
  if (event.key !== "Enter") return;
  const seen = hits.filter(visible);
  if (!seen.length) return;
  const row = seen[hit++ % seen.length];
  lookAt(row);
  point(row);
  say(describe(row));
});
byId("take").addEventListener("click", () => select(hits.filter(visible), adding(false)));

// Pointer --------------------------------------------------------------------------------------

const adding = (shift) => shift || byId("add").getAttribute("aria-pressed") === "true";
const fingers = new Map();
let drag = null, last = null, hovering = false;

const spot = (event) => { const box = plot.getBoundingClientRect(); return [event.clientX - box.left - 1, event.clientY - box.top - 1]; };
const under = ([x, y], reach) => index().nearest(dataX(x), dataY(y), (radius() + reach) / k, visible);

marks.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  marks.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, spot(event));
  if (fingers.size === 2) { drag = null; scene.path = null; return; }
  drag = { from: spot(event), moved: false, touch: event.pointerType !== "mouse" };
});

marks.addEventListener("pointermove", (event) => {
  const here = spot(event);
  if (fingers.size === 2 && fingers.has(event.pointerId)) return pinch(event.pointerId, here);
  if (!drag) return hover(here);
  const [dx, dy] = [here[0] - (drag.last || drag.from)[0], here[1] - (drag.last || drag.from)[1]];
  if (!drag.moved && Math.hypot(here[0] - drag.from[0], here[1] - drag.from[1]) < 4) return;
  drag.moved = true;
  drag.last = here;
  point(-1);
  if (scene.tool === "move") scene.view.dims === 3 && !event.shiftKey ? turn(dx / 150, dy / 150) : move(dx, dy);
  else if (scene.tool === "lasso") (scene.path ??= [drag.from]).push(here);
  else scene.path = [drag.from, [here[0], drag.from[1]], here, [drag.from[0], here[1]]];
  overlay();
});

function pinch(finger, here) {
  const [a, b] = [...fingers.values()], before = Math.hypot(a[0] - b[0], a[1] - b[1]);
  const middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  fingers.set(finger, here);
  const [c, d] = [...fingers.values()];
  move((c[0] + d[0]) / 2 - middle[0], (c[1] + d[1]) / 2 - middle[1]);
  zoom(Math.hypot(c[0] - d[0], c[1] - d[1]) / Math.max(1, before), (c[0] + d[0]) / 2, (c[1] + d[1]) / 2);
}

function hover(here) {
  last = here;
  if (hovering) return;
  hovering = true;
  requestAnimationFrame(() => { hovering = false; if (last) point(under(last, 8)); });
}

function release(event) {
  fingers.delete(event.pointerId);
  if (!drag) return;
  const { from, moved, touch } = drag, path = scene.path;
  drag = scene.path = null;
  overlay();
  if (event.type === "pointercancel") return;
  if (path) return select(index().inside(path.map(([x, y]) => [dataX(x), dataY(y)])).filter(visible), adding(event.shiftKey), event.altKey);
  if (moved) return;
  const row = under(from, touch ? 18 : 8);
  point(row);
  if (row >= 0 && !touch) select([row], true, chosen[row] === 1);
}

marks.addEventListener("pointerup", release);
marks.addEventListener("pointercancel", release);
marks.addEventListener("pointerleave", (event) => { last = null; if (event.pointerType === "mouse") point(-1); });
// A wheel that passes over the plot scrolls the page; it zooms where the plot was clicked, or with Ctrl (or two fingers on a pad).
marks.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey && document.activeElement !== marks) return;
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 30 : 1;
  zoom(Math.exp(-Math.max(-300, Math.min(300, event.deltaY * lines)) / 400), ...spot(event));
}, { passive: false });

// Keyboard -------------------------------------------------------------------------------------

const describe = (row) => [data.ids[row], ...columns.slice(0, 4).map((column) =>
  `${column.title} ${column.names ? column.names[column.values[row]] || column.rest : number(column.values[row])}`)].map(shown).join(", ");

// The nearest point that lies in a direction, within 45 degrees of it.
function step(dx, dy) {
  const xy = scene.view.xy;
  const [x, y] = scene.at >= 0 ? [xy[2 * scene.at], xy[2 * scene.at + 1]] : [cx, cy];
  let best = -1, least = Infinity;
  for (let row = 0; row < n; row++) {
    const [across, up] = [xy[2 * row] - x, xy[2 * row + 1] - y];
    const along = across * dx + up * dy, beside = Math.abs(across * dy) + Math.abs(up * dx), square = across ** 2 + up ** 2;
    const ahead = scene.at < 0 || (square > 0 && along >= beside);
    if (row !== scene.at && ahead && square < least && visible(row)) { best = row; least = square; }
  }
  if (best < 0) return;
  point(best);
  const [px, py] = [sx(xy[2 * best]), sy(xy[2 * best + 1])];
  if (px < 10 || py < 10 || px > wide - 10 || py > high - 10) { move(wide / 2 - px, high / 2 - py); put(); }
  say(describe(best));
}

const inView = (row) => { const x = sx(scene.view.xy[2 * row]), y = sy(scene.view.xy[2 * row + 1]); return x >= 0 && y >= 0 && x <= wide && y <= high && visible(row); };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const KEYS = {
  "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: fit, "[": () => turn(-0.15, 0), "]": () => turn(0.15, 0),
  m: () => tool("move"), b: () => tool("box"), l: () => tool("lasso"), v: () => select(rowsWhere(inView), adding(false)),
  " ": () => scene.at >= 0 && select([scene.at], true, chosen[scene.at] === 1),
  Escape: () => { point(-1); select([]); },
};

marks.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey) return;
  const arrow = ARROWS[event.key], act = KEYS[event.key];
  if (!arrow && !act) return;
  event.preventDefault();
  if (arrow && event.shiftKey) move(-60 * arrow[0], 60 * arrow[1]);
  else if (arrow) step(...arrow);
  else act();
});
marks.addEventListener("blur", () => point(-1));
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, select, textarea")) return;
  event.preventDefault();
  query.focus();
});

// Buttons --------------------------------------------------------------------------------------

for (const button of document.querySelectorAll("button[data-tool]")) button.addEventListener("click", () => tool(button.dataset.tool));
byId("closer").addEventListener("click", () => zoom(1.4));
byId("farther").addEventListener("click", () => zoom(1 / 1.4));
byId("whole").addEventListener("click", fit);
byId("clear").addEventListener("click", () => select([]));
byId("download").addEventListener("click", download);
byId("more").addEventListener("click", () => { showing += STRIP; selection(); });
byId("all").addEventListener("click", () => { scene.column.hidden.clear(); legend(); search(); repaint(); });
byId("add").addEventListener("click", () => byId("add").setAttribute("aria-pressed", String(!adding(false))));
byId("theme").addEventListener("click", () => {
  const now = document.documentElement.dataset.theme;
  const next = now === undefined ? "light" : now === "light" ? "dark" : "auto";
  if (next === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  byId("theme").textContent = `Theme: ${next}`;
  legend();
  repaint();
});
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { legend(); repaint(); });

// Beginning ------------------------------------------------------------------------------------

function tabs() {
  const made = views.map((view, i) => element("button", { type: "button", role: "tab", tabindex: i ? -1 : 0, "aria-selected": String(!i), "aria-controls": "plot" }, shown(view.name)));
  const open = (i) => {
    made.forEach((tab, j) => { tab.tabIndex = i === j ? 0 : -1; tab.setAttribute("aria-selected", String(i === j)); });
    point(-1);
    showView(views[i]);
  };
  made.forEach((tab, i) => {
    tab.addEventListener("click", () => open(i));
    tab.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (by) { const to = (i + by + made.length) % made.length; open(to); made[to].focus(); }
    });
  });
  byId("views").append(...made);
}

function colours() {
  const choice = byId("colour");
  choice.append(element("option", { value: "-1" }, "one colour"), ...columns.map((column, i) => element("option", { value: i }, shown(column.title))));
  const first = columns.findIndex((column) => column.key === data.color);
  choice.value = String(first);
  const paintBy = (i) => { showColumn(i < 0 ? null : columns[i]); legend(); search(); selection(); };
  choice.addEventListener("change", () => { point(-1); paintBy(Number(choice.value)); });
  paintBy(first);
}

tabs();
resize();
showView(views[0]);
colours();
tool("move");
byId("pictures").textContent = data.note;
new ResizeObserver(resize).observe(plot);
plot.dataset.ready = "1";
