// @ts-check
/**
 * Which tiles of a large picture are in view. Level 0 is the picture itself, each further level
 * half as wide and high (rounded up). Pure.
 *
 * @typedef {import('./viewport.js').View} View
 * @typedef {import('./viewport.js').Size} Size
 * @typedef {{level: number, column: number, row: number}} Tile
 */

/** The level to draw: the smallest whose pixels are not larger than the display's by much.
 * @param {number} scale device pixels for each image pixel @param {number} levels */
export function levelFor(scale, levels) {
  return Math.min(levels - 1, Math.max(0, Math.floor(Math.log2(1.2 / scale))));
}

/** Where a tile lies, in image pixels. @param {Tile} tile @param {Size} image @param {number} side */
export function placeOf({ level, column, row }, image, side) {
  const step = side * 2 ** level;
  const x = column * step;
  const y = row * step;
  return { x, y, width: Math.min(step, image.width - x), height: Math.min(step, image.height - y) };
}

/** The tiles of one level that the window shows, those nearest its middle first.
 * @param {View} view @param {Size} frame @param {Size} image @param {number} side @param {number} level
 * @returns {Tile[]} */
export function tilesInView(view, frame, image, side, level) {
  const step = side * 2 ** level * view.scale;
  const last = (/** @type {number} */ size) => Math.ceil(size / (side * 2 ** level)) - 1;
  const [left, top] = [Math.max(0, Math.floor(-view.x / step)), Math.max(0, Math.floor(-view.y / step))];
  const right = Math.min(last(image.width), Math.ceil((frame.width - view.x) / step) - 1);
  const bottom = Math.min(last(image.height), Math.ceil((frame.height - view.y) / step) - 1);
  /** @type {Tile[]} */
  const found = [];
  for (let row = top; row <= bottom; row++) for (let column = left; column <= right; column++) found.push({ level, column, row });
  const far = (/** @type {Tile} */ tile) => Math.hypot(tile.column - (left + right) / 2, tile.row - (top + bottom) / 2);
  return found.sort((a, b) => far(a) - far(b));
}

/** @param {Tile} tile */
export function nameOfTile({ level, column, row }) {
  return `${level}/${column}_${row}`;
}
