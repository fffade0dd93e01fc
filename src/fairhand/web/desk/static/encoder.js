// @ts-check
/**
 * A thread of its own: keeps a copy of a large mask, given tile by tile, and encodes it, so that
 * neither a draft nor Submit makes anybody's brush wait.
 */
import { encode } from './rle.js';
import { Tiles } from './grain.js';

/** @type {Tiles | null} */
let mask = null;

addEventListener('message', (/** @type {MessageEvent} */ { data }) => {
  if (data.size) {
    const [width, height, wide] = data.size;
    mask = new Tiles(width, height, wide);
    return;
  }
  for (const [at, cells] of data.tiles) mask?.put(at, cells);
  if (mask) postMessage({ version: data.version, texts: [...encode(mask)] });
});
