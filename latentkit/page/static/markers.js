/**
 * Markers, blended into an image pixel by pixel.
 *
 * Each point is a copy of a small picture of its marker, so that the time to draw depends on the number and the size
 * of the points alone, with or without a graphics card.
 */

import { context2d } from "./dom.js";

/** How far corners reach, in radii of the circle that looks equally large. */
const TRIANGLE_REACH = 1.25;
const SQUARE_REACH = 1.25;
const DIAMOND_REACH = 1.3;
const FARTHEST_REACH = 1.3;
const CROSS_THICKNESS = 0.38;
const INVISIBLE = 0.02;
const EIGHTH_TURN = Math.PI / 4;
const THIRD_TURN = (2 * Math.PI) / 3;

/**
 * @typedef {Pick<CanvasPath, "moveTo" | "lineTo" | "arc" | "closePath">} Path
 *
 * @typedef {object} Stamp The pixels of a marker: offsets from its middle, colors, and opacity.
 * @property {number} half
 * @property {Int32Array} dx
 * @property {Int32Array} dy
 * @property {Float32Array} red
 * @property {Float32Array} green
 * @property {Float32Array} blue
 * @property {Float32Array} opacity
 *
 * @typedef {object} Marker
 * @property {string} shape As matplotlib names it.
 * @property {string | null} fill
 * @property {number} opacity
 * @property {number} radius
 * @property {string | null} [edge]
 * @property {number} [edgeWidth]
 */

/**
 * Trace the outline of a marker.
 *
 * @param {Path} path
 * @param {string} shape
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
export function traceMarker(path, shape, x, y, radius) {
  /** @param {number[][]} corners */
  const polygon = (corners) => {
    corners.forEach(([dx, dy], i) => {
      path[i ? "lineTo" : "moveTo"](x + dx, y + dy);
    });
  };
  /**
   * @param {number[]} angles
   * @param {number} reach
   */
  const regular = (angles, reach) =>
    polygon(angles.map((angle) => [radius * reach * Math.sin(angle), -radius * reach * Math.cos(angle)]));

  if (shape === "^") regular([0, THIRD_TURN, 2 * THIRD_TURN], TRIANGLE_REACH);
  else if (shape === "s")
    regular(
      [1, 3, 5, 7].map((eighths) => eighths * EIGHTH_TURN),
      SQUARE_REACH,
    );
  else if (shape === "D")
    regular(
      [0, 2, 4, 6].map((eighths) => eighths * EIGHTH_TURN),
      DIAMOND_REACH,
    );
  else if (shape === "X") {
    const a = CROSS_THICKNESS * radius;
    const b = radius;
    const right = [
      [0, -a],
      [b - a, -b],
      [b, a - b],
      [a, 0],
      [b, b - a],
      [b - a, b],
    ];
    polygon([...right, ...right.map(([dx, dy]) => [-dx, -dy])]);
  } else path.arc(x, y, radius, 0, 2 * Math.PI);
  path.closePath();
}

/** @type {CanvasRenderingContext2D | null} */
let sketch = null;

/**
 * Return a marker as pixels.
 *
 * @param {Marker} marker
 * @returns {Stamp}
 */
export function makeStamp({ shape, fill, opacity, radius, edge = null, edgeWidth = 0 }) {
  sketch ??= context2d(document.createElement("canvas"), { inMemory: true });
  const half = Math.ceil(FARTHEST_REACH * radius + edgeWidth) + 1;
  const side = 2 * half + 1;
  sketch.canvas.width = sketch.canvas.height = side;
  sketch.beginPath();
  traceMarker(sketch, shape, half + 0.5, half + 0.5, radius);
  if (edge !== null) {
    sketch.lineWidth = 2 * edgeWidth;
    sketch.strokeStyle = edge;
    sketch.stroke();
  }
  if (fill === null) {
    sketch.globalCompositeOperation = "destination-out";
    sketch.fill();
    sketch.globalCompositeOperation = "source-over";
  } else {
    sketch.fillStyle = fill;
    sketch.fill();
  }

  const pixels = sketch.getImageData(0, 0, side, side).data;
  const shown = [...Array(side * side).keys()].filter((at) => opacityOf(at) >= INVISIBLE);
  /** @param {number} at */
  function opacityOf(at) {
    return (pixels[4 * at + 3] / 255) * opacity;
  }
  return {
    half,
    dx: Int32Array.from(shown, (at) => (at % side) - half),
    dy: Int32Array.from(shown, (at) => Math.floor(at / side) - half),
    red: Float32Array.from(shown, (at) => pixels[4 * at]),
    green: Float32Array.from(shown, (at) => pixels[4 * at + 1]),
    blue: Float32Array.from(shown, (at) => pixels[4 * at + 2]),
    opacity: Float32Array.from(shown, opacityOf),
  };
}

/**
 * Blend a stamp into an image, its middle at (x, y).
 *
 * @param {ImageData} image
 * @param {Stamp} stamp
 * @param {number} x
 * @param {number} y
 */
export function drawStamp(image, stamp, x, y) {
  const { width, height, data: pixels } = image;
  const { half, dx, dy, red, green, blue, opacity } = stamp;
  if (x < -half || y < -half || x >= width + half || y >= height + half) return;
  const isWhole = x >= half && y >= half && x < width - half && y < height - half;
  for (let i = 0; i < opacity.length; i++) {
    const px = x + dx[i];
    const py = y + dy[i];
    if (!isWhole && (px < 0 || py < 0 || px >= width || py >= height)) continue;
    const at = 4 * (py * width + px);
    const share = opacity[i];
    pixels[at] += (red[i] - pixels[at]) * share;
    pixels[at + 1] += (green[i] - pixels[at + 1]) * share;
    pixels[at + 2] += (blue[i] - pixels[at + 2]) * share;
  }
}

/**
 * Return 0..n-1 in an order that mixes the classes, so that none lies on top of another. It is always the same
 * (a linear congruential generator with the constants of Numerical Recipes), so that a page looks the same each time.
 *
 * @param {number} n
 */
export function shuffledOrder(n) {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let random = 1;
  for (let i = n - 1; i > 0; i--) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((random / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
