/**
 * The data of the page: one JSON object, and arrays in base64.
 *
 * latentkit/page/explorer.py writes both. Arrays are little-endian, as is every machine that runs a browser.
 */

import { byId } from "./dom.js";

/**
 * @typedef {Uint8Array | Uint16Array | Int32Array | Float32Array | Float64Array} NumberArray
 *
 * @typedef {object} BlockReference An array in a script element of the page.
 * @property {keyof typeof ARRAY_TYPES} kind
 * @property {string} id
 *
 * @typedef {object} ViewData A projection.
 * @property {string} name
 * @property {2 | 3} dims
 * @property {string[]} axes
 * @property {boolean} metric Whether distances along the axes have a meaning.
 * @property {string} caption
 * @property {BlockReference} points
 *
 * @typedef {object} ColumnData One value per image. `names` is null for a quantity.
 * @property {string} key
 * @property {string} title
 * @property {BlockReference} values
 * @property {string[] | null} names Class names, indexed by the values.
 * @property {number[]} [places] Legend entry of each class; -1 is the rest.
 * @property {string[]} [legend] Names of the legend entries.
 * @property {string} [rest] Name of the classes without an entry of their own.
 * @property {number} [low] Where the color scale of a quantity starts.
 * @property {number} [high] Where it ends.
 *
 * @typedef {object} ThemeData
 * @property {[string, string][]} looks Color and marker of each legend entry.
 * @property {string} unlabeled Color of the rest.
 * @property {string[]} ramp Colors of a quantity, from low to high.
 *
 * @typedef {object} SheetData Thumbnails, many to an image file.
 * @property {string} type
 * @property {number} width
 * @property {number} height
 * @property {[number, number]} cell
 * @property {number} across
 * @property {number} down
 * @property {string[]} ids
 * @property {BlockReference} [place] Thumbnail of each row, -1 for none; without it, thumbnail i is row i's.
 *
 * @typedef {object} PageData
 * @property {string[]} ids
 * @property {ViewData[]} views
 * @property {ColumnData[]} columns
 * @property {string | null} color Key of the column that colors the points at first.
 * @property {{ light: ThemeData, dark: ThemeData }} palette
 * @property {SheetData | null} sheets
 * @property {string} note
 */

const ARRAY_TYPES = {
  u1: Uint8Array,
  u2: Uint16Array,
  i4: Int32Array,
  f4: Float32Array,
  f8: Float64Array,
};

/** @param {string} id */
export const blockText = (id) => byId(id, HTMLScriptElement).textContent;

/** @type {PageData} */
export const data = JSON.parse(blockText("data"));

/**
 * @param {string} base64
 * @returns {ArrayBuffer}
 */
function decodeBase64(base64) {
  if (typeof Uint8Array.fromBase64 === "function") return Uint8Array.fromBase64(base64).buffer; // newer browsers: many times faster
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes.buffer;
}

/**
 * Decode the array in a script element.
 *
 * @param {BlockReference} reference
 * @returns {NumberArray}
 */
export function decodeArray({ kind, id }) {
  return new ARRAY_TYPES[kind](decodeBase64(blockText(id)));
}
