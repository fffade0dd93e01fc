// @ts-check
/** Moves an edge of a stretch by a word or a letter. DOM-free. */

/** @typedef {import('./passage.js').Stretch} Stretch */

/**
 * The stretch with one edge moved; null where it cannot move.
 * @param {Stretch[]} stops @param {Stretch} from @param {'start' | 'end'} edge @param {1 | -1} step @returns {Stretch | null}
 */
export function nudged(stops, from, edge, step) {
  const places = stops.map((stop) => stop[edge]);
  const place = step > 0 ? places.find((at) => at > from[edge]) : places.findLast((at) => at < from[edge]);
  if (place === undefined) return null;
  const moved = { start: from.start, end: from.end, [edge]: place };
  return moved.start < moved.end ? moved : null;
}
