// What is seen: the points of one projection under one colouring, moved and zoomed.

const n = data.ids.length;
const canvas = byId("points"), marks = byId("marks"), plot = byId("plot");
const order = shuffled(n);
const columns = data.columns.map((column) => ({ ...column, values: array(column.values), hidden: new Set() }));
const views = data.views.map((view) => ({ ...view, points: array(view.points), angles: [0.5, 0.35] }));
const chosen = new Uint8Array(n), matched = new Uint8Array(n);
const scene = { view: null, column: null, entry: new Int16Array(n), at: -1, tool: "move", path: null, touched: false, matches: 0, selected: 0 };
let [wide, high, ratio] = [0, 0, 1];
let [k, cx, cy] = [1, 0, 0];
let waiting = false;

const styles = () => getComputedStyle(document.documentElement);
const dark = () => styles().getPropertyValue("--dark").trim() === "1";
const ink = (name) => styles().getPropertyValue(`--${name}`).trim();
const sx = (x) => (x - cx) * k + wide / 2, sy = (y) => high / 2 - (y - cy) * k;
const dataX = (x) => (x - wide / 2) / k + cx, dataY = (y) => (high / 2 - y) / k + cy;
const visible = (row) => scene.column === null || !scene.column.hidden.has(scene.entry[row]);

// Two coordinates a point: those of the projection, or a turned picture of its three.
function flatten(view) {
  if (view.dims === 2) return view.points;
  const [yaw, pitch] = view.angles, flat = new Float32Array(2 * n);
  const [cosY, sinY, cosP, sinP] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  for (let i = 0; i < n; i++) {
    const [x, y, z] = [view.points[3 * i], view.points[3 * i + 1], view.points[3 * i + 2]];
    flat[2 * i] = cosY * x + sinY * z;
    flat[2 * i + 1] = cosP * y - sinP * (cosY * z - sinY * x);
  }
  return flat;
}

function turn(yaw, pitch) {
  const view = scene.view;
  if (view.dims !== 3) return;
  view.angles = [view.angles[0] + yaw, Math.max(-1.57, Math.min(1.57, view.angles[1] + pitch))];
  view.xy = flatten(view);
  view.index = null;
  repaint();
}

const scaled = () => scene.view.metric && scene.view.dims === 2;
const index = () => (scene.view.index ??= grid(scene.view.xy));

function fit() {
  const [left, bottom, right, top] = index().bounds, margin = Math.min(56, wide / 8);
  const across = (wide - 2 * margin) / (right - left), up = (high - 2 * margin) / (top - bottom);
  k = Math.min(across, up);
  if (!Number.isFinite(k) || k <= 0) k = 1;
  [cx, cy] = [(left + right) / 2, (bottom + top) / 2];
  scene.whole = k;
  scene.touched = false;
  repaint();
}

function zoom(factor, x = wide / 2, y = high / 2) {
  const to = Math.max(scene.whole / 4, Math.min(scene.whole * 5000, k * factor));
  cx += (x - wide / 2) * (1 / k - 1 / to);
  cy -= (y - high / 2) * (1 / k - 1 / to);
  k = to;
  scene.touched = true;
  repaint();
}

function move(dx, dy) {
  cx -= dx / k; cy += dy / k;
  scene.touched = true;
  repaint();
}

// See to it that a row is in the picture, near enough to be told from its neighbours.
function lookAt(row) {
  [cx, cy] = [scene.view.xy[2 * row], scene.view.xy[2 * row + 1]];
  k = Math.max(k, scene.whole * 3);
  scene.touched = true;
  repaint();
}

function showView(view) {
  scene.view = view;
  view.xy ??= flatten(view);
  scene.at = -1;
  byId("across").textContent = view.dims === 2 ? `${view.axes[0]} \u2192` : view.axes.join(", ");
  byId("down").textContent = view.dims === 2 ? `${view.axes[1]} \u2192` : "";
  byId("caption").textContent = view.caption;
  plot.toggleAttribute("data-scaled", scaled());
  fit();
}

function showColumn(column) {
  scene.column = column;
  if (column === null) scene.entry.fill(0);
  else if (column.names) for (let i = 0; i < n; i++) scene.entry[i] = column.places[column.values[i]];
  else {
    const span = column.high - column.low || 1;
    for (let i = 0; i < n; i++) {
      const share = (column.values[i] - column.low) / span;
      scene.entry[i] = Number.isNaN(share) ? -1 : Math.round(Math.max(0, Math.min(1, share)) * (data.palette.light.ramp.length - 1));
    }
  }
  repaint();
}

// The look of a place in the legend: [colour, shape].
function look(entry) {
  const theme = data.palette[dark() ? "dark" : "light"];
  if (entry < 0) return [theme.nobody, "o"];
  if (scene.column === null) return [theme.looks[0][0], "o"];
  return scene.column.names ? theme.looks[entry] : [theme.ramp[entry], "o"];
}

function radius() {
  const few = Math.max(1.5, Math.min(5.2, 5.2 * (100 / n) ** 0.2));
  return Math.min(8, few * Math.max(1, (k / scene.whole) ** 0.35));
}

function repaint() {
  if (!waiting) requestAnimationFrame(paint);
  waiting = true;
}

function paint() {
  waiting = false;
  if (!wide || !scene.view) return;
  const from = performance.now();
  const [w, h, xy, r] = [canvas.width, canvas.height, scene.view.xy, radius() * ratio];
  const context = canvas.getContext("2d", { willReadFrequently: true }); // written whole each time: no work for a graphics card
  const picture = context.createImageData(w, h);
  const [red, green, blue] = ink("paper").match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
  new Uint32Array(picture.data.buffer).fill(((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0);
  const alpha = Math.max(0.35, Math.min(0.92, 0.92 * (100 / n) ** 0.13));
  const edge = n <= 3000 ? ink("paper") : null;
  const crowd = scene.selected > 2000; // their edges would be all there is to see
  const kept = new Map();
  const get = (entry, how) => {
    const key = 4 * entry + how;
    if (!kept.has(key)) {
      const [fill, shape] = look(entry);
      kept.set(key, marker(how === 0 ? { shape, fill, alpha, r, edge, width: 0.6 * ratio }
        : how === 1 ? { shape, fill, alpha: 0.3 * alpha, r }
        : crowd ? { shape, fill, alpha: 1, r } : { shape, fill, alpha: 1, r: 1.15 * r, edge: ink("ink"), width: 1.1 * ratio }));
    }
    return kept.get(key);
  };
  const ring = scene.matches ? marker({ shape: "o", fill: null, alpha: 1, r: r + 3 * ratio, edge: ink("accent"), width: 2 * ratio }) : null;
  const place = (row) => [Math.round(ratio * sx(xy[2 * row])), Math.round(ratio * sy(xy[2 * row + 1]))];
  for (const mine of scene.selected ? [0, 1] : [0])
    for (let i = 0; i < n; i++) {
      const row = order[i];
      if (chosen[row] !== mine || !visible(row)) continue;
      const [x, y] = place(row);
      stamp(picture.data, w, h, get(scene.entry[row], mine ? 2 : scene.selected ? 1 : 0), x, y);
    }
  if (ring) for (let row = 0; row < n; row++) if (matched[row] && visible(row)) stamp(picture.data, w, h, ring, ...place(row));
  context.putImageData(picture, 0, 0);
  overlay();
  Object.assign(plot.dataset, { k, cx, cy, ms: Math.round(performance.now() - from) });
}

// What changes with the pointer: drawn above the points, which stay as they are.
function overlay() {
  const to = marks.getContext("2d");
  to.setTransform(ratio, 0, 0, ratio, 0, 0);
  to.clearRect(0, 0, wide, high);
  if (scaled()) scales(to);
  if (scene.path && scene.path.length > 1) {
    to.beginPath();
    scene.path.forEach(([x, y], i) => to[i ? "lineTo" : "moveTo"](x, y));
    to.closePath();
    to.globalAlpha = 0.12; to.fillStyle = ink("accent"); to.fill();
    to.globalAlpha = 1; to.strokeStyle = ink("accent"); to.lineWidth = 1.5; to.stroke();
  }
  if (scene.at >= 0) {
    const [x, y] = [sx(scene.view.xy[2 * scene.at]), sy(scene.view.xy[2 * scene.at + 1])];
    to.lineWidth = 2; to.strokeStyle = ink("ink");
    to.beginPath(); to.arc(x, y, radius() + 4, 0, 2 * Math.PI); to.stroke();
  }
}

function scales(to) {
  to.fillStyle = ink("faint"); to.strokeStyle = ink("line"); to.lineWidth = 1;
  to.font = "11px system-ui, sans-serif"; to.textBaseline = "alphabetic"; to.textAlign = "center";
  to.beginPath();
  for (const value of ticks(dataX(48), dataX(wide - 16), wide / 90)) {
    to.moveTo(sx(value), high); to.lineTo(sx(value), high - 4);
    to.fillText(String(value), sx(value), high - 7);
  }
  to.textAlign = "left"; to.textBaseline = "middle";
  for (const value of ticks(dataY(high - 24), dataY(10), high / 70)) {
    to.moveTo(0, sy(value)); to.lineTo(4, sy(value));
    to.fillText(String(value), 7, sy(value));
  }
  to.stroke();
}

function resize() {
  const box = plot.getBoundingClientRect();
  [wide, high, ratio] = [plot.clientWidth, plot.clientHeight, Math.min(2, window.devicePixelRatio || 1)];
  if (!wide || !box.height) return;
  for (const each of [canvas, marks]) [each.width, each.height] = [Math.round(wide * ratio), Math.round(high * ratio)];
  if (scene.view && !scene.touched) fit();
  else repaint();
}
