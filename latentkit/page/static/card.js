/** The card: the picture and the values of the point under the cursor. */

import { camera } from "./camera.js";
import { columns } from "./column.js";
import { data } from "./data.js";
import { createElement, divById } from "./dom.js";
import { listen, state } from "./state.js";
import { escapeText } from "./text.js";
import { drawThumbnail, hasThumbnail } from "./thumbnails.js";

const MOST_COLUMNS = 10;
const MOST_COLUMNS_SPOKEN = 4;
const THUMBNAIL_SIZE = 112;
const GAP = 16;
const MARGIN = 4;

/**
 * Describe a row in one line, for a screen reader.
 *
 * @param {number} row
 */
export const describe = (row) =>
  [
    data.ids[row],
    ...columns.slice(0, MOST_COLUMNS_SPOKEN).map((column) => `${column.title} ${column.text(row)}`),
  ]
    .map(escapeText)
    .join(", ");

function fill() {
  const card = divById("card");
  const row = state.cursor;
  card.hidden = row < 0;
  if (row < 0) return;
  const values = createElement("dl");
  for (const column of columns.slice(0, MOST_COLUMNS))
    values.append(
      createElement("dt", {}, escapeText(column.title)),
      createElement("dd", {}, escapeText(column.text(row))),
    );
  card.replaceChildren();
  if (hasThumbnail(row)) {
    const picture = createElement("canvas");
    drawThumbnail(row, picture, THUMBNAIL_SIZE, () => state.cursor === row);
    card.append(picture);
  }
  card.append(createElement("b", {}, escapeText(data.ids[row])), values);
  place();
}

/** Put the card next to its point, inside the plot. */
function place() {
  if (state.cursor < 0) return;
  const card = divById("card");
  const { xy } = state.view;
  const [x, y] = [camera.toScreenX(xy[2 * state.cursor]), camera.toScreenY(xy[2 * state.cursor + 1])];
  const { offsetWidth: width, offsetHeight: height } = card;
  const left = x + GAP + width < camera.width ? x + GAP : x - GAP - width;
  card.style.left = `${Math.max(MARGIN, left)}px`;
  card.style.top = `${Math.max(MARGIN, Math.min(camera.height - height - MARGIN, y - height / 2))}px`;
}

/** Show the card whenever there is a point under the cursor. */
export function connectCard() {
  listen(["cursor"], fill);
  listen(["camera"], place);
}
