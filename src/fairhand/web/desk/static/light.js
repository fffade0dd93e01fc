// @ts-check
/**
 * Light on a picture: a window of values that is shown from black to white, said by its middle
 * (level) and its width, as radiologists do. A window whose ends are turned round shows a negative. Pure.
 *
 * @typedef {[number, number]} Window the value that is black, the value that is white
 */

/** What each shown grey becomes: values were shown through one window, and another is wanted.
 * @param {Window} shown @param {Window} wanted @returns {Uint8ClampedArray} of 256 */
export function greys([from, to], [black, white]) {
  const table = new Uint8ClampedArray(256);
  for (let grey = 0; grey < 256; grey++) {
    const value = from + ((to - from) * grey) / 255;
    table[grey] = Math.round((255 * (value - black)) / (white - black));
  }
  return table;
}

/** @param {Window} window */
export function levelAndWidth([black, white]) {
  return { level: (black + white) / 2, width: Math.abs(white - black), negative: white < black };
}

/** Whole values only, never two ends that are one. @param {{level: number, width: number, negative: boolean}} light
 * @param {Window} range what values there are @returns {Window} */
export function windowOf({ level, width, negative }, [least, most]) {
  const half = Math.max(1, width) / 2;
  const within = (/** @type {number} */ value) => Math.round(Math.min(2 * most - least + 1, Math.max(2 * least - most - 1, value)));
  const black = within(level - half);
  const white = Math.max(black + 1, within(level + half));
  return negative ? [white, black] : [black, white];
}

/** Changes pixels in place. @param {Uint8ClampedArray} data RGBA @param {Uint8ClampedArray} table */
export function light(data, table) {
  for (let at = 0; at < data.length; at += 4) {
    data[at] = table[data[at]];
    data[at + 1] = table[data[at + 1]];
    data[at + 2] = table[data[at + 2]];
  }
}
