// @ts-check
/**
 * COCO run-length encoding of masks: column-major runs that start with zeros, written as the
 * compressed ASCII string of the COCO API (5 bits a character, runs after the second as the
 * difference to the run two before). The server speaks the same.
 */

/**
 * The compressed text of every region of a row-major mask, found in one walk down the columns.
 * @param {ArrayLike<number>} mask @param {number} width @param {number} height
 * @returns {Map<number, string>} by region id; 0 is background and has none
 */
export function encodeRegions(mask, width, height) {
  /** @type {Map<number, {runs: number[], end: number}>} */
  const open = new Map();
  const size = width * height;
  let id = 0;
  let start = 0;
  const close = (/** @type {number} */ at) => {
    if (!id || at === start) return;
    const region = open.get(id) || { runs: [], end: 0 };
    if (region.end === start && region.runs.length) region.runs[region.runs.length - 1] += at - start;
    else region.runs.push(start - region.end, at - start);
    region.end = at;
    open.set(id, region);
  };
  for (let x = 0, at = 0; x < width; x++) {
    for (let cell = x; cell < size; cell += width, at++) {
      if (mask[cell] === id) continue;
      close(at);
      id = mask[cell];
      start = at;
    }
  }
  close(size);
  return new Map(
    [...open].map(([region, { runs, end }]) => [
      region,
      runsToString(end < size ? [...runs, size - end] : runs),
    ]),
  );
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
 * @param {string} counts @param {Uint8Array | Uint16Array} mask
 * @param {number} width @param {number} height @param {number} id
 */
export function decodeInto(counts, mask, width, height, id) {
  const runs = stringToRuns(counts);
  if (runs.reduce((sum, run) => sum + run, 0) !== width * height) {
    throw new RangeError('The mask does not have the size of the image.');
  }
  let at = 0;
  runs.forEach((run, index) => {
    if (index % 2) {
      for (let end = at + run; at < end; at++) {
        mask[(at % height) * width + Math.floor(at / height)] = id;
      }
    } else {
      at += run;
    }
  });
}
