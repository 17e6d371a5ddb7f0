/** The plot: the points of one projection, colored by one column. */

import { camera } from "./camera.js";
import { byId, context2d, divById } from "./dom.js";
import { drawStamp, makeStamp, shuffledOrder } from "./markers.js";
import { drawOverlay } from "./overlay.js";
import { entries, fit, isVisible, listen, matched, rowCount, selected, state } from "./state.js";
import { cssColor, lookOf } from "./theme.js";

/** Few points are large and opaque. The more there are, the smaller and fainter they get. */
const FEW_IMAGES = 100;
const RADIUS = { few: 5.2, least: 1.5, most: 8, shrinking: 0.2, growingWithZoom: 0.35 };
const OPACITY = { few: 0.92, least: 0.35, fading: 0.13, notSelected: 0.3 };
/** Edges separate points, but they cost time and hide too much among many points. */
const MOST_IMAGES_WITH_EDGES = 3000;
const MOST_SELECTED_WITH_EDGES = 2000;
const EDGE_WIDTH = 0.6;
const SELECTED = { growth: 1.15, edgeWidth: 1.1 };
const TURN_HINT = "Drag to rotate, Shift and drag to move";
const MATCH_RING = { gap: 3, width: 2 };

const order = shuffledOrder(rowCount);
let isPaintScheduled = false;

/** Return the radius of a point now, in CSS pixels. */
export function pointRadius() {
  const few = RADIUS.few * (FEW_IMAGES / rowCount) ** RADIUS.shrinking;
  const fitted = Math.max(RADIUS.least, Math.min(RADIUS.few, few));
  const growth = Math.max(1, (camera.scale / camera.fitScale) ** RADIUS.growingWithZoom);
  return Math.min(RADIUS.most, fitted * growth);
}

/** @returns {(row: number) => import("./markers.js").Stamp} a function that returns the marker of a row */
function stamps() {
  const ratio = camera.pixelRatio;
  const radius = pointRadius() * ratio;
  const opacity = Math.max(
    OPACITY.least,
    Math.min(OPACITY.few, OPACITY.few * (FEW_IMAGES / rowCount) ** OPACITY.fading),
  );
  const usual = {
    opacity,
    radius,
    edge: rowCount <= MOST_IMAGES_WITH_EDGES ? cssColor("paper") : null,
    edgeWidth: EDGE_WIDTH * ratio,
  };
  const faded = { opacity: OPACITY.notSelected * opacity, radius };
  const selectedLook =
    state.selectedCount > MOST_SELECTED_WITH_EDGES
      ? { opacity: 1, radius }
      : {
          opacity: 1,
          radius: SELECTED.growth * radius,
          edge: cssColor("ink"),
          edgeWidth: SELECTED.edgeWidth * ratio,
        };
  const looks = [state.selectedCount ? faded : usual, selectedLook];
  /** @type {Map<number, import("./markers.js").Stamp>} */
  const made = new Map();
  return (row) => {
    const key = 2 * entries[row] + selected[row];
    let stamp = made.get(key);
    if (stamp === undefined) {
      const [fill, shape] = lookOf(entries[row]);
      stamp = makeStamp({ shape, fill, ...looks[selected[row]] });
      made.set(key, stamp);
    }
    return stamp;
  };
}

/** @param {ImageData} image */
function drawPoints(image) {
  const { xy } = state.view;
  const ratio = camera.pixelRatio;
  /**
   * @param {import("./markers.js").Stamp} stamp
   * @param {number} row
   */
  const drawAt = (stamp, row) =>
    drawStamp(
      image,
      stamp,
      Math.round(ratio * camera.toScreenX(xy[2 * row])),
      Math.round(ratio * camera.toScreenY(xy[2 * row + 1])),
    );
  const stampOf = stamps();
  for (const layer of state.selectedCount ? [0, 1] : [0])
    for (let i = 0; i < rowCount; i++) {
      const row = order[i];
      if (selected[row] === layer && isVisible(row)) drawAt(stampOf(row), row);
    }
  if (!state.matchCount) return;
  const ring = makeStamp({
    shape: "o",
    fill: null,
    opacity: 1,
    radius: (pointRadius() + MATCH_RING.gap) * ratio,
    edge: cssColor("accent"),
    edgeWidth: MATCH_RING.width * ratio,
  });
  for (let row = 0; row < rowCount; row++) if (matched[row] && isVisible(row)) drawAt(ring, row);
}

function paint() {
  isPaintScheduled = false;
  if (!camera.width) return;
  const start = performance.now();
  const canvas = byId("points", HTMLCanvasElement);
  const context = context2d(canvas, { inMemory: true });
  const image = context.createImageData(canvas.width, canvas.height);
  const [red, green, blue] = (cssColor("paper").match(/[0-9a-f]{2}/gi) ?? []).map((hex) => parseInt(hex, 16));
  new Uint32Array(image.data.buffer).fill(((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0);
  drawPoints(image);
  context.putImageData(image, 0, 0);
  drawOverlay(pointRadius());
  Object.assign(divById("plot").dataset, {
    scale: camera.scale,
    centerX: camera.centerX,
    centerY: camera.centerY,
    paintMilliseconds: Math.round(performance.now() - start),
  });
}

/** Paint before the next frame. */
export function repaint() {
  if (!isPaintScheduled) requestAnimationFrame(paint);
  isPaintScheduled = true;
}

function resize() {
  const plot = divById("plot");
  if (!plot.clientWidth || !plot.clientHeight) return;
  camera.resize(plot.clientWidth, plot.clientHeight);
  for (const id of ["points", "overlay"]) {
    const canvas = byId(id, HTMLCanvasElement);
    canvas.width = Math.round(camera.width * camera.pixelRatio);
    canvas.height = Math.round(camera.height * camera.pixelRatio);
  }
  if (camera.moved) repaint();
  else fit();
}

function showAxes() {
  const { view } = state;
  byId("x-label", HTMLSpanElement).textContent = view.is3d ? TURN_HINT : `${view.axes[0]} \u2192`;
  byId("y-label", HTMLSpanElement).textContent = view.is3d
    ? view.axes.map((axis, i) => `${i + 1}: ${axis}`).join(", ")
    : `${view.axes[1]} \u2192`;
  byId("caption", HTMLParagraphElement).textContent = view.caption;
  divById("plot").toggleAttribute("data-scales", view.hasScales);
  divById("plot").toggleAttribute("data-turns", view.is3d);
}

/** Draw the plot now, and whenever something changes. */
export function connectPlot() {
  listen(["view"], showAxes);
  listen(["column", "visibility", "selection", "matches", "camera"], repaint);
  listen(["cursor", "outline"], () => drawOverlay(pointRadius()));
  listen(["tool"], () => {
    divById("plot").dataset.tool = state.tool;
  });
  resize();
  new ResizeObserver(resize).observe(divById("plot"));
}
