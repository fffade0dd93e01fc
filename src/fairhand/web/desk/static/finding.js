// @ts-check
/**
 * What of a picture's shapes is under a finger, and how they move. Pure.
 *
 * @typedef {import('./viewport.js').Point} Point
 * @typedef {import('./viewport.js').Size} Size
 * @typedef {import('./shapes.js').Thing} Thing
 */
import { boundsOf, hundredths } from './shapes.js';

/** Moves all corners alike, never off the picture.
 * @param {Point[]} points @param {number} dx @param {number} dy @param {Size} size @returns {Point[]} */
export function shifted(points, dx, dy, size) {
  const { x0, y0, x1, y1 } = boundsOf(points);
  const right = Math.max(-x0, Math.min(size.width - x1, dx));
  const down = Math.max(-y0, Math.min(size.height - y1, dy));
  return points.map(({ x, y }) => ({ x: hundredths(x + right), y: hundredths(y + down) }));
}

/** @param {Point} at @param {Point} a @param {Point} b @returns {Point} the place on a-b nearest to `at` */
export function nearestOn(at, a, b) {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const along = ((at.x - a.x) * dx + (at.y - a.y) * dy) / (dx * dx + dy * dy || 1);
  const share = Math.min(1, Math.max(0, along));
  return { x: a.x + share * dx, y: a.y + share * dy };
}

/** @param {Point[]} ring @param {Point} at @returns {{distance: number, edge: number}} of the nearest edge */
export function nearestEdge(ring, at) {
  let [distance, edge] = [Infinity, 0];
  ring.forEach((point, index) => {
    const on = nearestOn(at, point, ring[(index + 1) % ring.length]);
    const away = Math.hypot(on.x - at.x, on.y - at.y);
    if (away < distance) [distance, edge] = [away, index];
  });
  return { distance, edge };
}

/** @param {Point[]} ring @param {Point} at @returns {boolean} by the even-odd rule */
export function isInside(ring, at) {
  let inside = false;
  ring.forEach((a, index) => {
    const b = ring[(index + 1) % ring.length];
    if (a.y > at.y !== b.y > at.y && at.x < a.x + ((at.y - a.y) / (b.y - a.y)) * (b.x - a.x)) inside = !inside;
  });
  return inside;
}

/** What a finger means: an outline within reach, else the smallest thing around it.
 * @template {Thing} T @param {T[]} things @param {(thing: T) => Point[]} ringOf @param {Point} at
 * @param {number} reach @returns {T | null} */
export function thingAt(things, ringOf, at, reach) {
  let best = /** @type {T | null} */ (null);
  let least = Infinity;
  for (const thing of things) {
    const ring = ringOf(thing);
    const { x0, y0, x1, y1 } = boundsOf(ring);
    const near = nearestEdge(ring, at).distance;
    if (near > reach && !isInside(ring, at)) continue;
    const cost = near <= reach ? near : reach + (x1 - x0) * (y1 - y0);
    if (cost < least) [best, least] = [thing, cost];
  }
  return best;
}
