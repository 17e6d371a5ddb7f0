/** The projections, each as points in the plane. */

import { data, decodeArray } from "./data.js";
import { SpatialIndex } from "./spatial-index.js";

const FIRST_ANGLES = { yaw: 0.5, pitch: 0.35 };
const STEEPEST_PITCH = 1.57;

/** One projection. Three dimensions are shown from an angle that can be changed. */
export class View {
  #angles = FIRST_ANGLES;
  /** @type {Float32Array | null} */
  #xy = null;
  /** @type {SpatialIndex | null} */
  #index = null;

  /** @param {import("./data.js").ViewData} view */
  constructor(view) {
    this.name = view.name;
    this.axes = view.axes;
    this.caption = view.caption;
    this.points = /** @type {Float32Array} */ (decodeArray(view.points));
    this.is3d = view.dims === 3;
    this.hasScales = view.metric && !this.is3d;
  }

  /** Two coordinates per point, as shown. */
  get xy() {
    this.#xy ??= this.is3d ? this.#flatten() : this.points;
    return this.#xy;
  }

  get index() {
    this.#index ??= new SpatialIndex(this.xy);
    return this.#index;
  }

  /**
   * Turn a projection of three dimensions; angles in radians.
   *
   * @param {number} yaw
   * @param {number} pitch
   */
  turn(yaw, pitch) {
    this.#angles = {
      yaw: this.#angles.yaw + yaw,
      pitch: Math.max(-STEEPEST_PITCH, Math.min(STEEPEST_PITCH, this.#angles.pitch + pitch)),
    };
    this.#xy = this.#index = null;
  }

  /** The direction of each of three axes, as shown; one unit long if it is parallel to the screen. */
  get directions() {
    const { yaw, pitch } = this.#angles;
    return [
      [Math.cos(yaw), Math.sin(pitch) * Math.sin(yaw)],
      [0, Math.cos(pitch)],
      [Math.sin(yaw), -Math.sin(pitch) * Math.cos(yaw)],
    ];
  }

  #flatten() {
    const { yaw, pitch } = this.#angles;
    const [cosYaw, sinYaw, cosPitch, sinPitch] = [
      Math.cos(yaw),
      Math.sin(yaw),
      Math.cos(pitch),
      Math.sin(pitch),
    ];
    const flat = new Float32Array((this.points.length / 3) * 2);
    for (let i = 0; i < flat.length / 2; i++) {
      const [x, y, z] = [this.points[3 * i], this.points[3 * i + 1], this.points[3 * i + 2]];
      flat[2 * i] = cosYaw * x + sinYaw * z;
      flat[2 * i + 1] = cosPitch * y - sinPitch * (cosYaw * z - sinYaw * x);
    }
    return flat;
  }
}

export const views = data.views.map((view) => new View(view));
