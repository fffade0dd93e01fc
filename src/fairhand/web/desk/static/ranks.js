// @ts-check
/**
 * An order with ties, as a list of lists, best first. Every function gives a new order. DOM-free.
 *
 * @typedef {string[][]} Ranks
 */

/** @param {Ranks} ranks @param {string} id @returns {number} the place of its group, -1 without */
export const rankOf = (ranks, id) => ranks.findIndex((group) => group.includes(id));

/** @param {Ranks} ranks @param {string} id @returns {Ranks} */
export const without = (ranks, id) => ranks.map((group) => group.filter((one) => one !== id)).filter((group) => group.length);

/** Puts a thing into a rank of its own. @param {Ranks} ranks @param {string} id
 * @param {number} at before which group, counted without the thing itself @returns {Ranks} */
export function putAt(ranks, id, at) {
  const rest = without(ranks, id);
  return [...rest.slice(0, at), [id], ...rest.slice(at)];
}

/** One step better or worse. Out of a tie it goes into a rank of its own; else past its neighbour.
 * @param {Ranks} ranks @param {string} id @param {1 | -1} step -1 for better @returns {Ranks} */
export function shift(ranks, id, step) {
  const place = rankOf(ranks, id);
  if (place < 0) return ranks;
  if (ranks[place].length > 1) return putAt(ranks, id, step < 0 ? place : place + 1);
  const to = place + step;
  return to < 0 || to >= ranks.length ? ranks : putAt(ranks, id, to);
}

/** Ties a thing with the group above it, or lets it out of the tie that it is in.
 * @param {Ranks} ranks @param {string} id @returns {Ranks} */
export function toggleTie(ranks, id) {
  const place = rankOf(ranks, id);
  if (place < 0) return ranks;
  if (ranks[place].length > 1) return putAt(ranks, id, place + 1);
  return place === 0 ? ranks : joinTo(ranks, id, ranks[place - 1][0]);
}

/** Puts a thing beside another, as good as it. @param {Ranks} ranks @param {string} id
 * @param {string} other @returns {Ranks} */
export function joinTo(ranks, id, other) {
  if (id === other) return ranks;
  return without(ranks, id).map((group) => (group.includes(other) ? [...group, id] : group));
}

/** What may stand in an order: of a stored one only what is still there. @param {any} found
 * @param {string[]} ids @returns {Ranks} */
export function readRanks(found, ids) {
  const groups = Array.isArray(found) ? found.filter(Array.isArray) : [];
  const seen = new Set();
  const fresh = (/** @type {any} */ id) => ids.includes(id) && !seen.has(id) && Boolean(seen.add(id));
  return groups.map((group) => group.filter(fresh)).filter((group) => group.length);
}
