/** Thumbnails, many to a sheet. A sheet is decoded when one of its thumbnails is first needed. */

import { blockText, data, decodeArray } from "./data.js";
import { context2d } from "./dom.js";

const sheets = data.sheets;
const places = sheets?.place ? decodeArray(sheets.place) : null;

/** @typedef {{ image: HTMLImageElement, isReady: boolean, ready: Promise<void> }} Sheet */

/** @type {Map<number, Sheet>} */
const loaded = new Map();

/** @param {number} row */
const placeOf = (row) => (places === null ? row : places[row]);

/** @param {number} row */
export const hasThumbnail = (row) => sheets !== null && placeOf(row) >= 0;

/**
 * @param {import("./data.js").SheetData} sheets
 * @param {number} index
 */
function load(sheets, index) {
  const known = loaded.get(index);
  if (known !== undefined) return known;
  const image = new Image();
  image.src = `data:${sheets.type};base64,${blockText(sheets.ids[index])}`;
  /** @type {Sheet} */
  const sheet = { image, isReady: false, ready: Promise.resolve() };
  sheet.ready = image.decode().then(() => {
    sheet.isReady = true;
  });
  loaded.set(index, sheet);
  return sheet;
}

/**
 * Draw the thumbnail of a row, at once if its sheet is decoded and otherwise once it is.
 *
 * @param {number} row
 * @param {HTMLCanvasElement} canvas
 * @param {number} size Largest side, in pixels.
 * @param {() => boolean} [isWanted] Whether the thumbnail is still needed once its sheet is decoded.
 */
export function drawThumbnail(row, canvas, size, isWanted = () => true) {
  if (sheets === null) return;
  const { width, height, cell, across, down } = sheets;
  const perSheet = across * down;
  const sheet = load(sheets, Math.floor(placeOf(row) / perSheet));
  const place = placeOf(row) % perSheet;
  const [left, top] = [(place % across) * cell[0], Math.floor(place / across) * cell[1]];
  // Enlarge by a whole number, so that pixels stay square.
  const fitting = size / Math.max(width, height);
  const isWhole = fitting >= 2;
  const scale = isWhole ? Math.floor(fitting) : fitting;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const draw = () => {
    if (!isWanted()) return;
    const context = context2d(canvas);
    context.imageSmoothingEnabled = !isWhole;
    context.drawImage(sheet.image, left, top, width, height, 0, 0, canvas.width, canvas.height);
    canvas.dataset.drawn = String(row);
  };
  if (sheet.isReady) draw();
  else sheet.ready.then(draw);
}
