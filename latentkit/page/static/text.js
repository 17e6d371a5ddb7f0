/** Text as the page shows it. */

const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;
const NO_VALUE = "\u2013";
const SIGNIFICANT_DIGITS = 4;
const LARGEST_WHOLE_NUMBER = 1e7;

/**
 * Escape the characters of a text from a file that would be invisible, reorder the text or break the line.
 *
 * @param {string} text
 */
export const escapeText = (text) =>
  text.replace(UNSAFE, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);

/** @param {number} count */
export const formatCount = (count) => count.toLocaleString("en-US");

/** @param {number} value */
export function formatNumber(value) {
  if (Number.isNaN(value)) return NO_VALUE;
  if (Number.isInteger(value) && Math.abs(value) < LARGEST_WHOLE_NUMBER) return formatCount(value);
  return String(Number(value.toPrecision(SIGNIFICANT_DIGITS)));
}

/** @param {string} text */
const quoteCell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * Return a table as CSV.
 *
 * @param {string[][]} lines
 */
export const toCsv = (lines) => lines.map((cells) => `${cells.map(quoteCell).join(",")}\n`).join("");
