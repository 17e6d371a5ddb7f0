// Points on a canvas: each is blended from a small picture of its marker, so that the time depends on their number
// and size alone, whatever graphics card there is or is not.

function outline(shape, path, x, y, r) {
  const corners = (angles, radius) => angles.forEach((a, i) => path[i ? "lineTo" : "moveTo"](x + radius * Math.sin(a), y - radius * Math.cos(a)));
  const turn = (k) => (Math.PI * k) / 4;
  path.beginPath();
  if (shape === "^") corners([0, (2 * Math.PI) / 3, (4 * Math.PI) / 3], 1.25 * r);
  else if (shape === "s") corners([turn(1), turn(3), turn(5), turn(7)], 1.25 * r);
  else if (shape === "D") corners([0, turn(2), turn(4), turn(6)], 1.3 * r);
  else if (shape === "X") {
    const a = 0.38 * r, b = r;
    [[0, -a], [b - a, -b], [b, a - b], [a, 0], [b, b - a], [b - a, b], [0, a], [a - b, b], [-b, b - a], [-a, 0], [-b, a - b], [a - b, -b]]
      .forEach(([dx, dy], i) => path[i ? "lineTo" : "moveTo"](x + dx, y + dy));
  } else path.arc(x, y, r, 0, 2 * Math.PI);
  path.closePath();
}

const sketch = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

// A marker as the pixels it is made of: offsets from its middle, colours, and how much of each.
function marker({ shape, fill, alpha, r, edge, width }) {
  const half = Math.ceil(1.3 * r + (width || 0)) + 1, side = 2 * half + 1;
  sketch.canvas.width = sketch.canvas.height = side;
  outline(shape, sketch, half + 0.5, half + 0.5, r);
  if (edge) { sketch.lineWidth = 2 * width; sketch.strokeStyle = edge; sketch.stroke(); }
  if (fill) { sketch.fillStyle = fill; sketch.fill(); } else { sketch.globalCompositeOperation = "destination-out"; sketch.fill(); sketch.globalCompositeOperation = "source-over"; }
  const pixels = sketch.getImageData(0, 0, side, side).data;
  const parts = { half, dx: [], dy: [], red: [], green: [], blue: [], much: [] };
  for (let at = 0; at < side * side; at++) {
    const much = (pixels[4 * at + 3] / 255) * alpha;
    if (much < 0.02) continue;
    parts.dx.push((at % side) - half); parts.dy.push(Math.floor(at / side) - half);
    parts.red.push(pixels[4 * at]); parts.green.push(pixels[4 * at + 1]); parts.blue.push(pixels[4 * at + 2]);
    parts.much.push(much);
  }
  for (const name of ["dx", "dy"]) parts[name] = Int32Array.from(parts[name]);
  for (const name of ["red", "green", "blue", "much"]) parts[name] = Float32Array.from(parts[name]);
  return parts;
}

function stamp(pixels, wide, high, mark, x, y) {
  const { half, dx, dy, red, green, blue, much } = mark;
  if (x < -half || y < -half || x >= wide + half || y >= high + half) return;
  const whole = x >= half && y >= half && x < wide - half && y < high - half;
  for (let i = 0; i < much.length; i++) {
    const px = x + dx[i], py = y + dy[i];
    if (!whole && (px < 0 || py < 0 || px >= wide || py >= high)) continue;
    const at = 4 * (py * wide + px), a = much[i];
    pixels[at] += (red[i] - pixels[at]) * a;
    pixels[at + 1] += (green[i] - pixels[at + 1]) * a;
    pixels[at + 2] += (blue[i] - pixels[at + 2]) * a;
  }
}

// The order in which points are drawn: no class lies on top of another. The same at every opening.
function shuffled(n) {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let state = 1;
  for (let i = n - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 4294967296) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

function ticks(low, high, most) {
  const rough = (high - low) / most;
  if (!(rough > 0)) return [];
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * ten).find((k) => k >= rough);
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) found.push(Number((i * step).toPrecision(6)));
  return found;
}
