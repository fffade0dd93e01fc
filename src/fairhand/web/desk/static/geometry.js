// @ts-check
/**
 * Points of a picture. Pure. Coordinates are image pixels; pixel (3, 5) covers 3..4 by 5..6.
 *
 * @typedef {{x: number, y: number}} Point
 */

/**
 * The index of the point nearest to `at` within `reach`, or -1.
 * @param {Point[]} points @param {Point} at @param {number} reach
 */
export function nearest(points, at, reach) {
  let best = -1;
  let distance = reach;
  points.forEach((point, index) => {
    const d = Math.hypot(point.x - at.x, point.y - at.y);
    if (d <= distance) {
      best = index;
      distance = d;
    }
  });
  return best;
}
