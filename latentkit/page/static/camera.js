/** The camera: which part of the plane the plot shows. Screen units are CSS pixels from the top left of the plot. */

const FIT_MARGIN = 56;
const FIT_MARGIN_SHARE = 1 / 8;
const FARTHEST = 1 / 4;
const CLOSEST = 5000;
const CLOSE_UP = 3;
const MOST_PIXELS_PER_UNIT = 2;

class Camera {
  width = 0;
  height = 0;
  /** Device pixels per CSS pixel. */
  pixelRatio = 1;
  /** Screen units per unit of data. */
  scale = 1;
  centerX = 0;
  centerY = 0;
  /** The scale at which everything fits. */
  fitScale = 1;
  /** Whether the user moved or zoomed since the last fit. */
  moved = false;

  /** @param {number} x */
  toScreenX(x) {
    return (x - this.centerX) * this.scale + this.width / 2;
  }

  /** @param {number} y */
  toScreenY(y) {
    return this.height / 2 - (y - this.centerY) * this.scale;
  }

  /** @param {number} x */
  toDataX(x) {
    return (x - this.width / 2) / this.scale + this.centerX;
  }

  /** @param {number} y */
  toDataY(y) {
    return (this.height / 2 - y) / this.scale + this.centerY;
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.width = width;
    this.height = height;
    this.pixelRatio = Math.min(MOST_PIXELS_PER_UNIT, window.devicePixelRatio || 1);
  }

  /**
   * Show everything within the bounds.
   *
   * @param {{ left: number, bottom: number, right: number, top: number }} bounds
   */
  fit({ left, bottom, right, top }) {
    const margin = Math.min(FIT_MARGIN, this.width * FIT_MARGIN_SHARE);
    const scale = Math.min(
      (this.width - 2 * margin) / (right - left),
      (this.height - 2 * margin) / (top - bottom),
    );
    this.scale = Number.isFinite(scale) && scale > 0 ? scale : 1;
    this.centerX = (left + right) / 2;
    this.centerY = (bottom + top) / 2;
    this.fitScale = this.scale;
    this.moved = false;
  }

  /**
   * Zoom about (x, y), which stays where it is.
   *
   * @param {number} factor
   * @param {number} [x]
   * @param {number} [y]
   */
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const scale = Math.max(this.fitScale * FARTHEST, Math.min(this.fitScale * CLOSEST, this.scale * factor));
    this.centerX += (x - this.width / 2) * (1 / this.scale - 1 / scale);
    this.centerY -= (y - this.height / 2) * (1 / this.scale - 1 / scale);
    this.scale = scale;
    this.moved = true;
  }

  /**
   * Move the picture, in screen units.
   *
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    this.centerX -= dx / this.scale;
    this.centerY += dy / this.scale;
    this.moved = true;
  }

  /**
   * Center on a place, close enough to tell its point from its neighbors.
   *
   * @param {number} x
   * @param {number} y
   */
  lookAt(x, y) {
    this.centerX = x;
    this.centerY = y;
    this.scale = Math.max(this.scale, this.fitScale * CLOSE_UP);
    this.moved = true;
  }
}

export const camera = new Camera();
