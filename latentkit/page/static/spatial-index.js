/** An index of points in the plane: which one is nearest, and which are inside a polygon. */

const POINTS_PER_CELL = 2;
const MOST_CELLS_PER_SIDE = 512;

/** @typedef {[x: number, y: number]} Point */

/** Points sorted into the cells of a square grid. */
export class SpatialIndex {
  /** @param {Float32Array} xy Two coordinates per point. */
  constructor(xy) {
    const n = xy.length / 2;
    this.xy = xy;
    let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < n; i++) {
      left = Math.min(left, xy[2 * i]);
      right = Math.max(right, xy[2 * i]);
      bottom = Math.min(bottom, xy[2 * i + 1]);
      top = Math.max(top, xy[2 * i + 1]);
    }
    this.bounds = { left, bottom, right, top };
    this.side = Math.max(1, Math.min(MOST_CELLS_PER_SIDE, Math.ceil(Math.sqrt(n / POINTS_PER_CELL))));
    this.cellWidth = (right - left) / this.side || 1;
    this.cellHeight = (top - bottom) / this.side || 1;

    // A counting sort: `starts[c]` is where the rows of cell c begin in `rows`.
    const cells = new Int32Array(n);
    this.starts = new Int32Array(this.side * this.side + 1);
    this.rows = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      cells[i] = this.#line(xy[2 * i + 1]) * this.side + this.#column(xy[2 * i]);
      this.starts[cells[i] + 1]++;
    }
    for (let c = 0; c < this.side * this.side; c++) this.starts[c + 1] += this.starts[c];
    const next = this.starts.slice();
    for (let i = 0; i < n; i++) this.rows[next[cells[i]]++] = i;
  }

  /** @param {number} x */
  #column(x) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((x - this.bounds.left) / this.cellWidth)));
  }

  /** @param {number} y */
  #line(y) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((y - this.bounds.bottom) / this.cellHeight)));
  }

  /**
   * Visit every row in the cells that a rectangle touches: all rows inside it, and some next to it.
   *
   * @param {number} x0
   * @param {number} y0
   * @param {number} x1
   * @param {number} y1
   * @param {(row: number) => void} visit
   */
  #visitNear(x0, y0, x1, y1, visit) {
    const { left, bottom, right, top } = this.bounds;
    if (x1 < left || x0 > right || y1 < bottom || y0 > top) return;
    const [first, last] = [this.#column(x0), this.#column(x1)];
    for (let line = this.#line(y0); line <= this.#line(y1); line++) {
      const end = this.starts[line * this.side + last + 1];
      for (let at = this.starts[line * this.side + first]; at < end; at++) visit(this.rows[at]);
    }
  }

  /**
   * Return the row nearest to (x, y) that is at most `reach` away and accepted, or -1.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   * @param {(row: number) => boolean} accept
   */
  nearest(x, y, reach, accept) {
    let best = -1;
    let least = reach * reach;
    this.#visitNear(x - reach, y - reach, x + reach, y + reach, (row) => {
      const square = (this.xy[2 * row] - x) ** 2 + (this.xy[2 * row + 1] - y) ** 2;
      if (square <= least && accept(row)) {
        best = row;
        least = square;
      }
    });
    return best;
  }

  /**
   * Return the rows inside a polygon, by the even-odd rule.
   *
   * @param {Point[]} polygon
   */
  inside(polygon) {
    const xs = polygon.map((corner) => corner[0]);
    const ys = polygon.map((corner) => corner[1]);
    /** @type {number[]} */
    const rows = [];
    this.#visitNear(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), (row) => {
      const [x, y] = [this.xy[2 * row], this.xy[2 * row + 1]];
      let isInside = false;
      for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
        const crosses = ys[i] > y !== ys[j] > y;
        if (crosses && x < ((xs[j] - xs[i]) * (y - ys[i])) / (ys[j] - ys[i]) + xs[i]) isInside = !isInside;
      }
      if (isInside) rows.push(row);
    });
    return rows;
  }
}
