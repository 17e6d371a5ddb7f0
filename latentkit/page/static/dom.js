/** Find the elements of the page, and create new ones. */

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * Return the element with this id.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 * @throws {Error} if there is none, or it has another type
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} with the id "${id}".`);
  return element;
}

/** @param {string} id */
export const buttonById = (id) => byId(id, HTMLButtonElement);

/** @param {string} id */
export const divById = (id) => byId(id, HTMLDivElement);

/**
 * Create an HTML element. Children that are strings become text, never markup.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function createElement(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * Create a button.
 *
 * @param {Record<string, string>} attributes
 * @param {() => void} onClick
 * @param {...(Node | string)} children
 */
export function createButton(attributes, onClick, ...children) {
  const button = createElement("button", { type: "button", ...attributes }, ...children);
  button.addEventListener("click", onClick);
  return button;
}

/**
 * Create an SVG element.
 *
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Node} children
 */
export function createSvg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG_NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * Return the drawing context of a canvas. `inMemory` keeps its pixels in main memory, for a canvas that is
 * written whole or read back.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{ inMemory?: boolean }} [options]
 */
export function context2d(canvas, { inMemory = false } = {}) {
  const context = canvas.getContext("2d", { willReadFrequently: inMemory });
  if (context === null) throw new Error("This browser cannot draw on a canvas.");
  return context;
}

/**
 * Tell users of screen readers what happened.
 *
 * @param {string} message
 */
export function announce(message) {
  byId("live", HTMLParagraphElement).textContent = message;
}
