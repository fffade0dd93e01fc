// @ts-check
/**
 * COCO run-length encoding of masks: column-major runs that start with zeros, written as the
 * compressed ASCII string of the COCO API (5 bits a character, runs after the second as the
 * difference to the run two before). The server speaks the same.
 */
import { TILE } from './cell.js';

/**
 * @typedef {import('./grain.js').Tiles} Tiles
 */

/**
 * The compressed text of every region. Columns of tiles that did not change since the last time
 * are not walked again.
 * @param {Tiles} mask @returns {Map<number, string>} by region id; 0 is background and has none
 */
export function encode(mask) {
  /** @type {Map<number, number[]>} */
  const runs = new Map();
  /** @type {Map<number, number>} */
  const reached = new Map();
  for (let column = 0; column < mask.columns; column++) {
    for (const [id, ends] of (mask.strips[column] ||= walk(mask, column))) {
      let mine = runs.get(id);
      if (!mine) runs.set(id, (mine = []));
      let end = reached.get(id) || 0;
      for (let at = 0; at < ends.length; at += 2) {
        if (end === ends[at] && mine.length) mine[mine.length - 1] += ends[at + 1] - end;
        else mine.push(ends[at] - end, ends[at + 1] - ends[at]);
        end = ends[at + 1];
      }
      reached.set(id, end);
    }
  }
  const size = mask.width * mask.height;
  return new Map([...runs].sort(([a], [b]) => a - b).map(([id, mine]) => {
    const rest = size - /** @type {number} */ (reached.get(id));
    if (rest) mine.push(rest);
    return [id, runsToString(mine)];
  }));
}

/** Where each region begins and ends in one column of tiles, counted down the picture's columns.
 * @param {Tiles} mask @param {number} column @returns {Map<number, number[]>} */
function walk(mask, column) {
  const { width, height, columns, tiles } = mask;
  /** @type {Map<number, number[]>} */
  const found = new Map();
  let id = 0;
  let start = 0;
  const close = (/** @type {number} */ at) => {
    if (!id || at === start) return;
    const mine = found.get(id);
    if (mine) mine.push(start, at);
    else found.set(id, [start, at]);
  };
  const first = column * TILE;
  const last = Math.min(width, first + TILE);
  for (let x = first, at = first * height; x < last; x++) {
    for (let top = 0, index = column; top < height; top += TILE, index += columns) {
      const tile = tiles[index];
      const end = at + Math.min(TILE, height - top);
      if (!tile) {
        close(at);
        id = 0;
        at = end;
      } else {
        for (let cell = x - first; at < end; at++, cell += TILE) {
          if (tile[cell] === id) continue;
          close(at);
          id = tile[cell];
          start = at;
        }
      }
    }
  }
  close(last * height);
  return found;
}

/** @param {number[]} runs @returns {string} */
export function runsToString(runs) {
  let text = '';
  runs.forEach((run, index) => {
    let rest = index > 2 ? run - runs[index - 2] : run;
    for (let more = true; more; ) {
      let bits = rest & 31;
      rest >>= 5;
      more = bits & 16 ? rest !== -1 : rest !== 0;
      if (more) bits |= 32;
      text += String.fromCharCode(bits + 48);
    }
  });
  return text;
}

/** @param {string} text @returns {number[]} */
export function stringToRuns(text) {
  const runs = [];
  for (let at = 0; at < text.length; ) {
    let run = 0;
    let shift = 0;
    let bits;
    do {
      bits = text.charCodeAt(at++) - 48;
      if (!(bits >= 0 && bits < 64)) throw new RangeError('The mask text is damaged.');
      run |= (bits & 31) << shift;
      shift += 5;
    } while (bits & 32);
    if (bits & 16) run |= shift < 32 ? -1 << shift : 0;
    if (runs.length > 2) run += runs[runs.length - 2];
    if (run < 0) throw new RangeError('The mask text is damaged.');
    runs.push(run);
  }
  return runs;
}

/**
 * Writes `id` wherever the encoded region is; leaves the rest of the mask as it was.
 * @param {string} counts @param {Tiles} mask @param {number} id
 */
export function decodeInto(counts, mask, id) {
  const { width, height } = mask;
  const runs = stringToRuns(counts);
  if (runs.reduce((sum, run) => sum + run, 0) !== width * height) {
    throw new RangeError('The mask does not have the size of the image.');
  }
  let at = 0;
  runs.forEach((run, index) => {
    const end = at + run;
    while (index % 2 && at < end) {
      const x = Math.floor(at / height);
      const y = at - x * height;
      const stop = Math.min(height, y + end - at);
      mask.fillColumn(x, y, stop, id);
      at += stop - y;
    }
    at = end;
  });
}
