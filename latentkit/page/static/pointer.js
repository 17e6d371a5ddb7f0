/** Mouse, pen and fingers on the plot. */

import { camera } from "./camera.js";
import { byId, divById } from "./dom.js";
import { pointRadius } from "./plot.js";
import { isVisible, pan, select, setCursor, setOutline, state, toggleSelected, turn, zoom } from "./state.js";
import { selectionMode } from "./toolbar.js";

/** @typedef {import("./spatial-index.js").Point} Point */

/** How far from a point it is still hit, in CSS pixels. */
const REACH = { mouse: 8, touch: 18 };
const CLICK_SLACK = 4;
const PIXELS_PER_RADIAN = 150;
const WHEEL_PIXELS_PER_E = 400;
const MOST_WHEEL_PIXELS = 300;
const PIXELS_PER_WHEEL_LINE = 30;
const PRIMARY_BUTTON = 0;

/**
 * @typedef {object} Drag
 * @property {Point} from
 * @property {Point} last
 * @property {boolean} moved
 * @property {boolean} isTouch
 */

/** @type {Map<number, Point>} Where each finger, or the mouse, is pressed. */
const pressed = new Map();
/** @type {Drag | null} */
let drag = null;
/** @type {Point | null} */
let hoverAt = null;
let isHoverScheduled = false;

/**
 * @param {MouseEvent} event
 * @returns {Point} relative to the plot, inside its border
 */
function positionOf(event) {
  const plot = divById("plot");
  const box = plot.getBoundingClientRect();
  return [event.clientX - box.left - plot.clientLeft, event.clientY - box.top - plot.clientTop];
}

/**
 * @param {Point} a
 * @param {Point} b
 */
const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

/**
 * @param {Point} position
 * @param {number} reach
 */
const rowAt = ([x, y], reach) =>
  state.view.index.nearest(
    camera.toDataX(x),
    camera.toDataY(y),
    (pointRadius() + reach) / camera.scale,
    isVisible,
  );

/**
 * Move and zoom by two fingers.
 *
 * @param {number} finger
 * @param {Point} position
 */
function pinch(finger, position) {
  const [a, b] = [...pressed.values()];
  pressed.set(finger, position);
  const [c, d] = [...pressed.values()];
  pan((c[0] + d[0] - a[0] - b[0]) / 2, (c[1] + d[1] - a[1] - b[1]) / 2);
  zoom(distance(c, d) / Math.max(1, distance(a, b)), (c[0] + d[0]) / 2, (c[1] + d[1]) / 2);
}

/**
 * Show the point under the pointer, at most once a frame.
 *
 * @param {Point} position
 */
function hover(position) {
  hoverAt = position;
  if (isHoverScheduled) return;
  isHoverScheduled = true;
  requestAnimationFrame(() => {
    isHoverScheduled = false;
    if (hoverAt !== null) setCursor(rowAt(hoverAt, REACH.mouse));
  });
}

/** @param {PointerEvent} event */
function press(event) {
  if (event.button !== PRIMARY_BUTTON) return;
  const position = positionOf(event);
  byId("overlay", HTMLCanvasElement).setPointerCapture(event.pointerId);
  pressed.set(event.pointerId, position);
  if (pressed.size === 2) {
    drag = null;
    setOutline(null);
  } else drag = { from: position, last: position, moved: false, isTouch: event.pointerType !== "mouse" };
}

/** @param {PointerEvent} event */
function move(event) {
  const position = positionOf(event);
  if (pressed.size === 2 && pressed.has(event.pointerId)) pinch(event.pointerId, position);
  else if (drag === null) hover(position);
  else if (drag.moved || distance(position, drag.from) >= CLICK_SLACK) dragTo(drag, position, event.shiftKey);
}

/**
 * @param {Drag} current
 * @param {Point} position
 * @param {boolean} shiftKey
 */
function dragTo(current, position, shiftKey) {
  const [dx, dy] = [position[0] - current.last[0], position[1] - current.last[1]];
  current.moved = true;
  current.last = position;
  setCursor(-1);
  if (state.tool === "lasso") setOutline([...(state.outline ?? [current.from]), position]);
  else if (state.tool === "box") setOutline(rectangle(current.from, position));
  else if (state.view.is3d && !shiftKey) turn(dx / PIXELS_PER_RADIAN, dy / PIXELS_PER_RADIAN);
  else pan(dx, dy);
}

/**
 * @param {Point} a
 * @param {Point} b
 * @returns {Point[]}
 */
const rectangle = (a, b) => [a, [b[0], a[1]], b, [a[0], b[1]]];

/** @param {PointerEvent} event */
function release(event) {
  pressed.delete(event.pointerId);
  if (drag === null) return;
  const { from, moved, isTouch } = drag;
  const { outline } = state;
  drag = null;
  setOutline(null);
  if (event.type === "pointercancel") return;
  if (outline !== null) {
    const polygon = outline.map(([x, y]) => /** @type {Point} */ ([camera.toDataX(x), camera.toDataY(y)]));
    const rows = state.view.index.inside(polygon).filter(isVisible);
    select(rows, event.altKey ? "remove" : selectionMode(event));
  } else if (!moved) {
    const row = rowAt(from, isTouch ? REACH.touch : REACH.mouse);
    setCursor(row);
    if (row >= 0 && !isTouch) toggleSelected(row);
  }
}

/**
 * Zoom if the plot was clicked before, or with Ctrl (or two fingers on a pad). Otherwise the wheel scrolls the page,
 * which must work with the plot under the pointer.
 *
 * @param {WheelEvent} event
 */
function turnWheel(event) {
  const hasFocus = document.activeElement === byId("overlay", HTMLCanvasElement);
  if (!event.ctrlKey && !event.metaKey && !hasFocus) return;
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? PIXELS_PER_WHEEL_LINE : 1);
  const limited = Math.max(-MOST_WHEEL_PIXELS, Math.min(MOST_WHEEL_PIXELS, pixels));
  zoom(Math.exp(-limited / WHEEL_PIXELS_PER_E), ...positionOf(event));
}

/** Make the plot respond to the pointer. */
export function connectPointer() {
  const overlay = byId("overlay", HTMLCanvasElement);
  overlay.addEventListener("pointerdown", press);
  overlay.addEventListener("pointermove", move);
  overlay.addEventListener("pointerup", release);
  overlay.addEventListener("pointercancel", release);
  overlay.addEventListener("pointerleave", (event) => {
    hoverAt = null;
    if (event.pointerType === "mouse") setCursor(-1);
  });
  overlay.addEventListener("wheel", turnWheel, { passive: false });
}
