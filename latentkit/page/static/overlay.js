/** The overlay: what changes with the pointer, drawn above the points, which stay as they are. */

import { camera } from "./camera.js";
import { byId, context2d } from "./dom.js";
import { state } from "./state.js";
import { cssColor } from "./theme.js";

const PIXELS_PER_TICK = { x: 90, y: 70 };
const TICK_LENGTH = 4;
const TICK_LABEL_GAP = 3;
const TICK_FONT = "11px system-ui, sans-serif";
/** Margins without ticks, where the names of the axes are. */
const CLEAR = { left: 48, right: 16, top: 10, bottom: 24 };
const TICK_STEPS = [1, 2, 5, 10];
/** The axes of three dimensions; `shortest` keeps the number of an axis that points at the reader near its end. */
const TRIAD = { margin: 52, length: 30, width: 1.5, labelGap: 9, shortest: 0.2 };
const OUTLINE_OPACITY = 0.12;
const OUTLINE_WIDTH = 1.5;
const RING_GAP = 4;
const RING_WIDTH = 2;

/**
 * Return round numbers between low and high, about `most` at the most.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} most
 */
function roundTicks(low, high, most) {
  const rough = (high - low) / most;
  if (!(rough > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = TICK_STEPS.map((factor) => factor * power).find((size) => size >= rough) ?? 10 * power;
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) ticks.push(Number((i * step).toPrecision(6)));
  return ticks;
}

/** @param {CanvasRenderingContext2D} context */
function drawScales(context) {
  const { width, height } = camera;
  context.fillStyle = cssColor("faint");
  context.strokeStyle = cssColor("line");
  context.lineWidth = 1;
  context.font = TICK_FONT;
  context.beginPath();
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  const [left, right] = [camera.toDataX(CLEAR.left), camera.toDataX(width - CLEAR.right)];
  for (const value of roundTicks(left, right, width / PIXELS_PER_TICK.x)) {
    const x = camera.toScreenX(value);
    context.moveTo(x, height);
    context.lineTo(x, height - TICK_LENGTH);
    context.fillText(String(value), x, height - TICK_LENGTH - TICK_LABEL_GAP);
  }
  context.textBaseline = "middle";
  context.textAlign = "left";
  const [bottom, top] = [camera.toDataY(height - CLEAR.bottom), camera.toDataY(CLEAR.top)];
  for (const value of roundTicks(bottom, top, height / PIXELS_PER_TICK.y)) {
    const y = camera.toScreenY(value);
    context.moveTo(0, y);
    context.lineTo(TICK_LENGTH, y);
    context.fillText(String(value), TICK_LENGTH + TICK_LABEL_GAP, y);
  }
  context.stroke();
}

/**
 * Draw the directions of three axes in the lower left corner.
 *
 * @param {CanvasRenderingContext2D} context
 */
function drawTriad(context) {
  const [left, bottom] = [TRIAD.margin, camera.height - TRIAD.margin];
  context.strokeStyle = context.fillStyle = cssColor("faint");
  context.lineWidth = TRIAD.width;
  context.font = TICK_FONT;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.beginPath();
  for (const [axis, [x, y]] of state.view.directions.entries()) {
    context.moveTo(left, bottom);
    context.lineTo(left + TRIAD.length * x, bottom - TRIAD.length * y);
    const reach = TRIAD.length + TRIAD.labelGap / Math.max(Math.hypot(x, y), TRIAD.shortest);
    context.fillText(String(axis + 1), left + reach * x, bottom - reach * y);
  }
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./spatial-index.js").Point[]} outline
 */
function drawOutline(context, outline) {
  context.beginPath();
  outline.forEach(([x, y], i) => {
    context[i ? "lineTo" : "moveTo"](x, y);
  });
  context.closePath();
  context.globalAlpha = OUTLINE_OPACITY;
  context.fillStyle = cssColor("accent");
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = cssColor("accent");
  context.lineWidth = OUTLINE_WIDTH;
  context.stroke();
}

/**
 * Draw scales or axes, the outline of a selection and the ring around the point under the cursor.
 *
 * @param {number} pointRadius
 */
export function drawOverlay(pointRadius) {
  const context = context2d(byId("overlay", HTMLCanvasElement));
  context.setTransform(camera.pixelRatio, 0, 0, camera.pixelRatio, 0, 0);
  context.clearRect(0, 0, camera.width, camera.height);
  if (state.view.hasScales) drawScales(context);
  if (state.view.is3d) drawTriad(context);
  if (state.outline !== null && state.outline.length > 1) drawOutline(context, state.outline);
  if (state.cursor >= 0) {
    const { xy } = state.view;
    const [x, y] = [camera.toScreenX(xy[2 * state.cursor]), camera.toScreenY(xy[2 * state.cursor + 1])];
    context.lineWidth = RING_WIDTH;
    context.strokeStyle = cssColor("ink");
    context.beginPath();
    context.arc(x, y, pointRadius + RING_GAP, 0, 2 * Math.PI);
    context.stroke();
  }
}
