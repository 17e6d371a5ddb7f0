// What the page holds: one JSON object, and arrays in base64. Little-endian, as every browser's machine is.

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const KINDS = { u1: Uint8Array, u2: Uint16Array, i4: Int32Array, f4: Float32Array, f8: Float64Array };

function bytes(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}

function array(ref) {
  return new KINDS[ref.kind](bytes(byId(ref.id).textContent).buffer);
}

// Text from a file as a person may see it: nothing in it can hide, reorder or break the line.
const shown = (text) =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu,
    (c) => "\\u" + c.codePointAt(0).toString(16).padStart(4, "0"));

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, heard] of Object.entries(value)) made.addEventListener(event, heard);
    else if (name in made && typeof value === "boolean") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function drawn(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const number = (value) => {
  if (Number.isNaN(value)) return "\u2013";
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return value.toLocaleString("en-US");
  return String(Number(value.toPrecision(4)));
};
const count = (value) => value.toLocaleString("en-US");

// Thumbnails: sheets of many, each decoded when one of its pictures is first asked for.

const place = data.sheets && data.sheets.place ? array(data.sheets.place) : null;
const decoded = new Map();

function sheet(index) {
  if (!decoded.has(index)) {
    const image = new Image();
    image.src = `data:${data.sheets.type};base64,${byId(data.sheets.ids[index]).textContent}`;
    decoded.set(index, { image, ready: false, done: image.decode().then(() => { decoded.get(index).ready = true; }) });
  }
  return decoded.get(index);
}

const hasThumbnail = (row) => data.sheets !== null && (place === null || place[row] >= 0);

// Draw the picture of a row as large as `most` pixels allow; at once if its sheet is decoded, else when it is and `still()` holds.
function thumbnail(row, canvas, most, still = () => true) {
  const { width, height, cell, across, down } = data.sheets;
  const at = place === null ? row : place[row];
  const per = across * down;
  const from = sheet(Math.floor(at / per));
  const left = (at % per) % across, top = Math.floor((at % per) / across);
  const larger = Math.floor(most / Math.max(width, height)), exact = larger >= 2;
  const scale = exact ? larger : most / Math.max(width, height);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const draw = () => {
    if (!still()) return;
    const to = canvas.getContext("2d");
    to.imageSmoothingEnabled = !exact;
    to.drawImage(from.image, left * cell[0], top * cell[1], width, height, 0, 0, canvas.width, canvas.height);
    canvas.dataset.drawn = row;
  };
  if (from.ready) draw();
  else from.done.then(draw);
}
