// @ts-check
/**
 * Places on the map of a picture's pixels, by its affine transform [a, b, c, d, e, f]:
 * east = a * x + b * y + c, north = d * x + e * y + f, where (0, 0) is the corner of the first pixel. Pure.
 *
 * @typedef {import('./viewport.js').Point} Point
 */

/** @param {number[]} transform @param {Point} at @returns {[number, number]} east and north, or longitude and latitude */
export function toMap([a, b, c, d, e, f], { x, y }) {
  return [a * x + b * y + c, d * x + e * y + f];
}

/** @param {number[]} transform @param {[number, number]} place @returns {Point} */
export function toPixel([a, b, c, d, e, f], [east, north]) {
  const whole = a * e - b * d;
  return { x: (e * (east - c) - b * (north - f)) / whole, y: (a * (north - f) - d * (east - c)) / whole };
}

/** In words: degrees to about a tenth of a metre, lengths to a hundredth of their unit.
 * @param {import('./types.js').Geo} geo @param {Point} at */
export function placeName(geo, at) {
  const digits = geo.geographic ? 6 : 2;
  const [east, north] = toMap(geo.transform, at);
  return `${geo.crs} · ${east.toFixed(digits)}, ${north.toFixed(digits)}`;
}
