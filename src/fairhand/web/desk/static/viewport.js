// @ts-check
/**
 * Where the image lies in its window: scale and offset, in CSS pixels. Pure.
 *
 * @typedef {{scale: number, x: number, y: number}} View image point p is drawn at p * scale + offset
 * @typedef {{width: number, height: number}} Size
 * @typedef {{x: number, y: number}} Point
 */

const LARGEST_SCALE = 40;
const MARGIN = 40;

/** The whole image, centred. @param {Size} image @param {Size} frame @returns {View} */
export function fit(image, frame) {
  const scale = Math.min(frame.width / image.width, frame.height / image.height);
  return centred(image, frame, Math.min(scale, LARGEST_SCALE));
}

/** @param {Size} image @param {Size} frame @param {number} scale @returns {View} */
function centred(image, frame, scale) {
  return {
    scale,
    x: (frame.width - image.width * scale) / 2,
    y: (frame.height - image.height * scale) / 2,
  };
}

/** @param {View} view @param {Point} at in the window @returns {Point} in the image */
export function toImage(view, at) {
  return { x: (at.x - view.x) / view.scale, y: (at.y - view.y) / view.scale };
}

/** @param {View} view @param {Point} at in the image @returns {Point} in the window */
export function toFrame(view, at) {
  return { x: at.x * view.scale + view.x, y: at.y * view.scale + view.y };
}

/** Zoom by a factor and keep the image point under `at` in its place.
 * @param {View} view @param {number} factor @param {Point} at @param {Size} image @param {Size} frame */
export function zoomAt(view, factor, at, image, frame) {
  const least = fit(image, frame).scale / 2;
  const scale = Math.min(LARGEST_SCALE, Math.max(least, view.scale * factor));
  const k = scale / view.scale;
  return kept({ scale, x: at.x - (at.x - view.x) * k, y: at.y - (at.y - view.y) * k }, image, frame);
}

/** @param {View} view @param {number} dx @param {number} dy @param {Size} image @param {Size} frame */
export function panBy(view, dx, dy, image, frame) {
  return kept({ ...view, x: view.x + dx, y: view.y + dy }, image, frame);
}

/** The image can never be lost out of the window. @param {View} view @param {Size} image @param {Size} frame */
function kept(view, image, frame) {
  const within = (/** @type {number} */ offset, /** @type {number} */ size, /** @type {number} */ room) =>
    Math.min(room - Math.min(MARGIN, size), Math.max(Math.min(MARGIN, size) - size, offset));
  return {
    scale: view.scale,
    x: within(view.x, image.width * view.scale, frame.width),
    y: within(view.y, image.height * view.scale, frame.height),
  };
}
