// An index of points in the plane: which is nearest, and which are inside of a polygon.

function grid(xy) {
  const n = xy.length / 2;
  let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < n; i++) {
    left = Math.min(left, xy[2 * i]); right = Math.max(right, xy[2 * i]);
    bottom = Math.min(bottom, xy[2 * i + 1]); top = Math.max(top, xy[2 * i + 1]);
  }
  const side = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(n / 2))));
  const wide = (right - left) / side || 1, high = (top - bottom) / side || 1;
  const column = (x) => Math.max(0, Math.min(side - 1, Math.floor((x - left) / wide)));
  const line = (y) => Math.max(0, Math.min(side - 1, Math.floor((y - bottom) / high)));
  const starts = new Int32Array(side * side + 1), rows = new Int32Array(n), cells = new Int32Array(n);
  for (let i = 0; i < n; i++) starts[(cells[i] = line(xy[2 * i + 1]) * side + column(xy[2 * i])) + 1]++;
  for (let c = 0; c < side * side; c++) starts[c + 1] += starts[c];
  const next = starts.slice();
  for (let i = 0; i < n; i++) rows[next[cells[i]]++] = i;

  // Calls `found` with every row in the cells that touch a rectangle: all that are inside of it, and some beside it.
  function within(x0, y0, x1, y1, found) {
    if (x1 < left || x0 > right || y1 < bottom || y0 > top) return;
    for (let v = line(y0); v <= line(y1); v++)
      for (let at = starts[v * side + column(x0)]; at < starts[v * side + column(x1) + 1]; at++) found(rows[at]);
  }

  // The row nearest to (x, y) at most `reach` away for which `wanted` holds, or -1.
  function nearest(x, y, reach, wanted) {
    let best = -1, least = reach * reach;
    within(x - reach, y - reach, x + reach, y + reach, (row) => {
      const square = (xy[2 * row] - x) ** 2 + (xy[2 * row + 1] - y) ** 2;
      if (square <= least && wanted(row)) { best = row; least = square; }
    });
    return best;
  }

  // The rows inside of a polygon [[x, y], ...], by the even-odd rule.
  function inside(polygon) {
    const xs = polygon.map((p) => p[0]), ys = polygon.map((p) => p[1]), found = [];
    within(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), (row) => {
      const x = xy[2 * row], y = xy[2 * row + 1];
      let odd = false;
      for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++)
        if (ys[i] > y !== ys[j] > y && x < ((xs[j] - xs[i]) * (y - ys[i])) / (ys[j] - ys[i]) + xs[i]) odd = !odd;
      if (odd) found.push(row);
    });
    return found;
  }

  return { nearest, inside, bounds: [left, bottom, right, top] };
}
