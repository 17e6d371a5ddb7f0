/** Keys on the plot. */

import { camera } from "./camera.js";
import { describe } from "./card.js";
import { announce, byId } from "./dom.js";
import {
  fit,
  isVisible,
  pan,
  rowCount,
  rowsWhere,
  select,
  setCursor,
  setTool,
  state,
  toggleSelected,
  turn,
  zoom,
} from "./state.js";
import { selectionMode, ZOOM_STEP } from "./toolbar.js";

const PAN_PIXELS = 60;
const TURN_RADIANS = 0.15;
const EDGE_PIXELS = 10;

/** @type {Record<string, [dx: number, dy: number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** @type {Record<string, () => void>} */
const ACTIONS = {
  "+": () => zoom(ZOOM_STEP),
  "=": () => zoom(ZOOM_STEP),
  "-": () => zoom(1 / ZOOM_STEP),
  0: fit,
  "[": () => turn(-TURN_RADIANS, 0),
  "]": () => turn(TURN_RADIANS, 0),
  m: () => setTool("move"),
  b: () => setTool("box"),
  l: () => setTool("lasso"),
  v: () => select(rowsWhere(isInView), selectionMode()),
  " ": () => {
    if (state.cursor >= 0) toggleSelected(state.cursor);
  },
  Escape: () => {
    setCursor(-1);
    select([]);
  },
};

/** @param {number} row */
const screenPosition = (row) => [
  camera.toScreenX(state.view.xy[2 * row]),
  camera.toScreenY(state.view.xy[2 * row + 1]),
];

/**
 * @param {number} row
 * @param {number} [margin]
 */
function isOnScreen(row, margin = 0) {
  const [x, y] = screenPosition(row);
  return x >= margin && y >= margin && x <= camera.width - margin && y <= camera.height - margin;
}

/** @param {number} row */
const isInView = (row) => isOnScreen(row) && isVisible(row);

/**
 * Return the nearest visible row within 45 degrees of a direction, or -1. Without a cursor, return the row nearest to
 * the center of the plot.
 *
 * @param {number} dx
 * @param {number} dy
 */
function nearestInDirection(dx, dy) {
  const { xy } = state.view;
  const { cursor } = state;
  const x = cursor >= 0 ? xy[2 * cursor] : camera.centerX;
  const y = cursor >= 0 ? xy[2 * cursor + 1] : camera.centerY;
  let best = -1;
  let least = Infinity;
  for (let row = 0; row < rowCount; row++) {
    const [right, up] = [xy[2 * row] - x, xy[2 * row + 1] - y];
    const along = right * dx + up * dy;
    const across = Math.abs(right * dy) + Math.abs(up * dx);
    const square = right ** 2 + up ** 2;
    const isAhead = cursor < 0 || (square > 0 && along >= across);
    if (row !== cursor && isAhead && square < least && isVisible(row)) {
      best = row;
      least = square;
    }
  }
  return best;
}

/**
 * Move the cursor to the next point in a direction.
 *
 * @param {number} dx
 * @param {number} dy
 */
function step(dx, dy) {
  const row = nearestInDirection(dx, dy);
  if (row < 0) return;
  setCursor(row);
  if (!isOnScreen(row, EDGE_PIXELS)) {
    const [x, y] = screenPosition(row);
    pan(camera.width / 2 - x, camera.height / 2 - y);
  }
  announce(describe(row));
}

/** Make the plot respond to keys while it has the focus. */
export function connectKeyboard() {
  const overlay = byId("overlay", HTMLCanvasElement);
  overlay.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    const arrow = ARROWS[event.key];
    const action = ACTIONS[event.key];
    if (arrow === undefined && action === undefined) return;
    event.preventDefault();
    if (arrow === undefined) action();
    else if (event.shiftKey) pan(-PAN_PIXELS * arrow[0], PAN_PIXELS * arrow[1]);
    else step(...arrow);
  });
  overlay.addEventListener("blur", () => setCursor(-1));
}
