/** The columns: values of each image, by which the points can be colored. */

import { data, decodeArray } from "./data.js";
import { formatNumber } from "./text.js";

/** Legend entry of everything without an entry of its own: small classes, missing values. */
export const REST = -1;

const RAMP_LENGTH = data.palette.light.ramp.length;

/** One column: classes, with `names`, or a quantity, with `low` and `high`. */
export class Column {
  /** @param {import("./data.js").ColumnData} column */
  constructor(column) {
    this.key = column.key;
    this.title = column.title;
    this.names = column.names;
    this.legend = column.legend ?? [];
    this.rest = column.rest ?? "";
    this.low = column.low ?? 0;
    this.high = column.high ?? 0;
    this.values = decodeArray(column.values);
    this.places = column.places ?? [];
    /** @type {Set<number>} Legend entries whose points are hidden. */
    this.hidden = new Set();
  }

  /**
   * Return the value of a row as text.
   *
   * @param {number} row
   */
  text(row) {
    const value = this.values[row];
    return this.names === null ? formatNumber(value) : this.names[value] || this.rest;
  }

  /**
   * Write the legend entry of each row; of a quantity, its step on the color scale.
   *
   * @param {Int16Array} entries
   */
  writeEntries(entries) {
    if (this.names !== null) {
      for (let row = 0; row < entries.length; row++) entries[row] = this.places[this.values[row]];
      return;
    }
    const range = this.high - this.low || 1;
    for (let row = 0; row < entries.length; row++) {
      const share = (this.values[row] - this.low) / range;
      entries[row] = Number.isNaN(share)
        ? REST
        : Math.round(Math.max(0, Math.min(1, share)) * (RAMP_LENGTH - 1));
    }
  }
}

export const columns = data.columns.map((column) => new Column(column));
