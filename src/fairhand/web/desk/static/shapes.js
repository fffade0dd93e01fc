// @ts-check
/**
 * Shapes on a picture as lists of corners. Pure. Coordinates are pixels of the picture, kept to hundredths. A box has two
 * corners, the top left one and the bottom right one.
 *
 * @typedef {import('./viewport.js').Point} Point
 * @typedef {import('./viewport.js').Size} Size
 * @typedef {{x0: number, y0: number, x1: number, y1: number}} Bounds
 * @typedef {{id: number, label: number, points: Point[], ghost?: boolean}} Thing
 *   `ghost`: a suggestion that nobody has decided on
 */

/** @param {number} value @returns {number} to hundredths of a pixel, as the server keeps it */
export const hundredths = (value) => Math.round(value * 100) / 100;

/** @param {Point} at @param {Size} size @returns {Point} on the picture */
export function onPicture(at, size) {
  return { x: hundredths(Math.min(size.width, Math.max(0, at.x))), y: hundredths(Math.min(size.height, Math.max(0, at.y))) };
}

/** @param {Point[]} points @returns {Bounds} */
export function boundsOf(points) {
  const bounds = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (const { x, y } of points) {
    if (x < bounds.x0) bounds.x0 = x;
    if (y < bounds.y0) bounds.y0 = y;
    if (x > bounds.x1) bounds.x1 = x;
    if (y > bounds.y1) bounds.y1 = y;
  }
  return bounds;
}

/** The corners of the box around points. @param {Point[]} points @returns {Point[]} */
export function boxAround(points) {
  const { x0, y0, x1, y1 } = boundsOf(points);
  return [{ x: x0, y: y0 }, { x: x1, y: y1 }];
}

/** @param {Point[]} box @returns {Point[]} its four corners, clockwise */
export function cornersOf([a, b]) {
  return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
}

/** @param {Bounds} a @param {Bounds} b @returns {number} intersection over union */
export function overlap(a, b) {
  const width = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const height = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  const shared = Math.max(0, width) * Math.max(0, height);
  const area = (/** @type {Bounds} */ one) => (one.x1 - one.x0) * (one.y1 - one.y0);
  return shared / (area(a) + area(b) - shared || 1);
}

/** A box whose sides take over those of a suggestion that they nearly lie on.
 * @param {Point[]} box @param {Point[][]} ghosts @param {number} reach @returns {Point[]} */
export function snapped(box, ghosts, reach) {
  const near = ghosts.find((ghost) => overlap(boundsOf(box), boundsOf(ghost)) > 0.5);
  if (!near) return box;
  const pull = (/** @type {number} */ mine, /** @type {number} */ theirs) => (Math.abs(mine - theirs) <= reach ? theirs : mine);
  return box.map((corner, index) => ({ x: pull(corner.x, near[index].x), y: pull(corner.y, near[index].y) }));
}
