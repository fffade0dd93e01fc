// @ts-check
/** Whole areas of a mask: polygons, what hangs together, and what belongs to one region. Pure. */
import { TILE } from './cell.js';

/**
 * @typedef {import('./grain.js').Tiles} Tiles
 * @typedef {import('./grain.js').Point} Point
 */

/** Even-odd scanline fill. @param {Tiles} mask @param {Point[]} points @param {number} id */
export function fillPolygon(mask, points, id) {
  if (points.length < 3) return;
  const ys = points.map((point) => point.y);
  const last = Math.min(mask.height, Math.ceil(Math.max(...ys)));
  for (let y = Math.max(0, Math.floor(Math.min(...ys))); y < last; y++) {
    const cuts = crossings(points, y + 0.5);
    for (let at = 0; at + 1 < cuts.length; at += 2) mask.fillRow(y, Math.ceil(cuts[at] - 0.5), Math.ceil(cuts[at + 1] - 0.5), id);
  }
}

/** @param {Point[]} points @param {number} y @returns {number[]} */
function crossings(points, y) {
  const cuts = [];
  for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
    const a = points[i];
    const b = points[j];
    if (a.y > y !== b.y > y) cuts.push(a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x));
  }
  return cuts.sort((a, b) => a - b);
}

/** Gives the 4-connected area under a point to a region. @param {Tiles} mask @param {Point} at @param {number} id */
export function floodFill(mask, at, id) {
  const seed = { x: Math.floor(at.x), y: Math.floor(at.y) };
  if (seed.x < 0 || seed.y < 0 || seed.x >= mask.width || seed.y >= mask.height) return;
  const old = cellAt(mask, seed.x, seed.y);
  if (old === id) return;
  const todo = [seed];
  for (let next = todo.pop(); next; next = todo.pop()) {
    const { y } = next;
    if (cellAt(mask, next.x, y) !== old) continue;
    let left = next.x;
    while (left > 0 && cellAt(mask, left - 1, y) === old) left--;
    const right = runEnd(mask, next.x, y);
    mask.fillRow(y, left, right, id);
    for (const row of [y - 1, y + 1]) {
      if (row < 0 || row >= mask.height) continue;
      for (let x = left; x < right; x = runEnd(mask, x, row)) if (cellAt(mask, x, row) === old) todo.push({ x, y: row });
    }
  }
}

/** @param {Tiles} mask @param {number} x @param {number} y @returns {number} 0 outside the picture too */
export function cellAt({ width, height, columns, tiles }, x, y) {
  if (x < 0 || y < 0 || x >= width || y >= height) return 0;
  const tile = tiles[Math.floor(y / TILE) * columns + Math.floor(x / TILE)];
  return tile ? tile[(y % TILE) * TILE + (x % TILE)] : 0;
}

/** The first pixel right of x, in its row, that is of another region.
 * @param {Tiles} mask @param {number} x @param {number} y */
function runEnd(mask, x, y) {
  const id = cellAt(mask, x, y);
  const row = Math.floor(y / TILE) * mask.columns;
  while (x < mask.width) {
    const tile = mask.tiles[row + Math.floor(x / TILE)];
    const end = Math.min(mask.width, x - (x % TILE) + TILE);
    if (!tile && id) return x;
    for (let cell = (y % TILE) * TILE + (x % TILE); tile && x < end; x++, cell++) if (tile[cell] !== id) return x;
    x = end;
  }
  return x;
}

/** Changes a tile cell by cell. @param {Tiles} mask @param {number} at which tile
 * @param {(cell: number, index: number) => number} next @returns {void} */
export function mapTile(mask, at, next) {
  const tile = mask.tiles[at];
  const width = Math.min(TILE, mask.width - (at % mask.columns) * TILE);
  const height = Math.min(TILE, mask.height - Math.floor(at / mask.columns) * TILE);
  for (let y = 0; y < height; y++) {
    for (let x = 0, index = y * TILE; x < width; x++, index++) {
      const cell = tile ? tile[index] : 0;
      const id = next(cell, index);
      if (id === cell) continue;
      const open = mask.open(at, id, x, y, x + 1, y + 1);
      if (open) open[index] = id;
      if (!tile) return mapTile(mask, at, next);
    }
  }
}

/** @param {Tiles} mask @param {number} id @param {(x: number, y: number) => void} use */
export function eachCell(mask, id, use) {
  mask.tiles.forEach((tile, at) => {
    const left = (at % mask.columns) * TILE;
    const top = Math.floor(at / mask.columns) * TILE;
    tile?.forEach((cell, index) => cell === id && use(left + (index % TILE), top + Math.floor(index / TILE)));
  });
}
