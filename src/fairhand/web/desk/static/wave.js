// @ts-check
/**
 * The arithmetic of sounds on a page: times in words, what a stretch of a drawing looks like in so
 * many columns, stretches that are marked. DOM-free; times are whole milliseconds.
 *
 * @typedef {{start: number, end: number}} Stretch
 */

/** A time as people write it: 1:02.5 @param {number} ms */
export function clockTime(ms) {
  const tenths = Math.max(0, Math.round(ms / 100));
  const minutes = Math.floor(tenths / 600);
  const rest = tenths % 600;
  return `${minutes}:${String(Math.floor(rest / 10)).padStart(2, '0')}.${rest % 10}`;
}

/** @param {number} value @param {number} low @param {number} high */
export const within = (value, low, high) => Math.min(high, Math.max(low, value));

/**
 * Lowest and highest value of each column of a stretch, from pairs that lie evenly over the sound.
 * @param {Int8Array} peaks pairs, -127 to 127 @param {number} duration of the whole sound
 * @param {Stretch} view @param {number} columns @returns {[number, number][]} -1 to 1
 */
export function columnsOf(peaks, duration, view, columns) {
  const count = peaks.length / 2;
  const at = (/** @type {number} */ column) => ((view.start + ((view.end - view.start) * column) / columns) / duration) * count;
  return Array.from({ length: columns }, (_, column) => {
    const first = within(Math.floor(at(column)), 0, count - 1);
    const last = within(Math.ceil(at(column + 1)), first + 1, count);
    let [low, high] = [127, -127];
    for (let pair = first; pair < last; pair++) {
      low = Math.min(low, peaks[2 * pair]);
      high = Math.max(high, peaks[2 * pair + 1]);
    }
    return [low / 127, high / 127];
  });
}

/** The stretch in view after zooming about a time, which stays where it is on the screen.
 * @param {Stretch} view @param {number} duration @param {number} factor below 1 shows less
 * @param {number} about @returns {Stretch} */
export function zoomed(view, duration, factor, about) {
  const length = within(Math.round((view.end - view.start) * factor), Math.min(500, duration), duration);
  const share = within((about - view.start) / (view.end - view.start), 0, 1);
  const start = within(Math.round(about - length * share), 0, duration - length);
  return { start, end: start + length };
}

/** The stretch in view moved so that a time can be seen; it stays where it is when it can already.
 * @param {Stretch} view @param {number} duration @param {number} time @returns {Stretch} */
export function following(view, duration, time) {
  if (time >= view.start && time <= view.end) return view;
  const length = view.end - view.start;
  const start = within(Math.round(time - length * 0.1), 0, duration - length);
  return { start, end: start + length };
}

/**
 * Puts a labelled stretch among others: those of its label that it overlaps or touches become one
 * with it; with `alone`, the others give way where it lies. Pieces shorter than 10 ms are no more.
 * @template {Stretch & {label: string}} S
 * @param {S[]} segments @param {S} added @param {boolean} alone @returns {S[]} by time
 */
export function withSegment(segments, added, alone) {
  let whole = { ...added };
  /** @type {S[]} */
  const kept = [];
  for (const one of segments) {
    const meets = one.start <= whole.end && one.end >= whole.start;
    if (meets && one.label === added.label) {
      whole = { ...whole, start: Math.min(one.start, whole.start), end: Math.max(one.end, whole.end) };
    } else kept.push(one);
  }
  const others = alone ? kept.flatMap((one) => without(one, whole)) : kept;
  return [...others, whole].sort((a, b) => a.start - b.start || a.end - b.end || (a.label < b.label ? -1 : 1));
}

/** What is left of a stretch outside another. @template {Stretch} S @param {S} one @param {Stretch} gone @returns {S[]} */
function without(one, gone) {
  const pieces = [
    { ...one, end: Math.min(one.end, gone.start) },
    { ...one, start: Math.max(one.start, gone.end) },
  ];
  return pieces.filter((piece) => piece.end - piece.start >= 10);
}
