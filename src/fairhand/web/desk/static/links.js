// @ts-check
/** Relations between marks, and suggestions that become marks, as values that never change. DOM-free. */
import { withMark } from './marks.js';

/**
 * @typedef {import('./marks.js').Link} Link
 * @typedef {import('./marks.js').Marked} Marked
 * @typedef {import('./marks.js').Relation} Relation
 */

/**
 * A suggestion becomes a mark; suggested relations come with their second end.
 * @param {Marked} state @param {number} id @param {Link[]} suggested @returns {Marked}
 */
export function taken(state, id, suggested) {
  const mark = state.offered.find((one) => one.id === id);
  if (!mark) return state;
  const made = withMark(state, mark);
  const there = new Set(made.marks.map((one) => one.id));
  const links = suggested.filter((link) => [link.from, link.to].includes(id) && there.has(link.from) && there.has(link.to));
  return links.reduce(withLink, made);
}

/** @param {Marked} state @param {Link} link @returns {Marked} */
export function withLink(state, link) {
  const known = state.links.some((one) => one.label === link.label && one.from === link.from && one.to === link.to);
  return known ? state : { ...state, links: [...state.links, link] };
}

/** @param {Marked} state @param {Link} link @returns {Marked} */
export function withoutLink(state, link) {
  return { ...state, links: state.links.filter((one) => one !== link) };
}

/** Whether a relation may lead from one label to another. @param {Relation} relation @param {string} from @param {string} to */
export function joins(relation, from, to) {
  const way = (/** @type {string} */ one, /** @type {string} */ other) =>
    (!relation.from || relation.from.includes(one)) && (!relation.to || relation.to.includes(other));
  return way(from, to) || (relation.directed === false && way(to, from));
}
