// @ts-check
/**
 * What is marked in a text, as values that never change: each step makes a new one, so that undo
 * is going back to the one before. Places are UTF-16 units until they are written as an answer.
 * DOM-free.
 *
 * @typedef {import('./passage.js').Passage} Passage
 * @typedef {{id: number, start: number, end: number, label: string}} Mark
 * @typedef {{from: number, to: number, label: string}} Link by ids of marks
 * @typedef {{marks: Mark[], links: Link[], offered: Mark[], nothing: boolean}} Marked `offered`: what a
 *   model suggests and nobody has decided on
 * @typedef {{value: string, title?: string, key?: string, from?: string[], to?: string[], directed?: boolean}} Relation
 */

/** @type {Marked} */
export const UNMARKED = { marks: [], links: [], offered: [], nothing: false };

/** @param {Mark} one @param {Mark} other */
const inOrder = (one, other) => one.start - other.start || one.end - other.end || (one.label < other.label ? -1 : 1);

/** @param {Mark} one @param {Mark} other */
const isSame = (one, other) => one.start === other.start && one.end === other.end && one.label === other.label;

/** The same state where there is such a mark already. @param {Marked} state @param {Mark} mark @returns {Marked} */
export function withMark(state, mark) {
  if (state.marks.some((one) => isSame(one, mark))) return state;
  const offered = state.offered.filter((one) => !isSame(one, mark));
  return { ...state, offered, nothing: false, marks: [...state.marks, mark].sort(inOrder) };
}

/** @param {Marked} state @param {number} id @returns {Marked} without that mark, or that suggestion */
export function withoutMark(state, id) {
  const others = (/** @type {Mark[]} */ list) => list.filter((one) => one.id !== id);
  return { ...state, marks: others(state.marks), offered: others(state.offered), links: state.links.filter(({ from, to }) => from !== id && to !== id) };
}

/** The same state where the change would make two marks one. @param {Marked} state @param {number} id @param {Partial<Mark>} change @returns {Marked} */
export function changedMark(state, id, change) {
  const old = state.marks.find((one) => one.id === id);
  if (!old) return state;
  const made = { ...old, ...change };
  if (state.marks.some((one) => isSame(one, made))) return state;
  return { ...state, marks: state.marks.map((one) => (one.id === id ? made : one)).sort(inOrder) };
}

/** Marks over a place, the shortest first. @param {Mark[]} marks @param {number} unit */
export function over(marks, unit) {
  return marks.filter((one) => one.start <= unit && unit < one.end).sort((a, b) => a.end - a.start - (b.end - b.start));
}

/** Marks that share letters are drawn in lanes below each other. @param {Mark[]} marks @returns {Map<number, number>} id to lane, from 0 */
export function lanesOf(marks) {
  /** @type {number[]} */
  const ends = [];
  const lanes = new Map();
  for (const mark of [...marks].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const free = ends.findIndex((end) => end <= mark.start);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = mark.end;
    lanes.set(mark.id, lane);
  }
  return lanes;
}

/** Where one mark covers a part of another. @param {Marked} state @returns {boolean} */
export function isCrossing({ marks }) {
  return marks.some((one, index) => index > 0 && marks.slice(0, index).some((other) => one.start < other.end));
}

/**
 * @param {any} answer as it is stored @param {Passage} passage @param {number} first the first id
 * @returns {{marks: Mark[], links: Link[]}} without what does not fit the text
 */
export function readMarks(answer, passage, first = 1) {
  const spans = Array.isArray(answer?.spans) ? answer.spans : [];
  const marks = spans.map((/** @type {any} */ span, /** @type {number} */ index) => ({
    id: first + index, start: passage.toUnit(span.start), end: passage.toUnit(span.end), label: span.label,
  }));
  const fits = marks.filter((/** @type {Mark} */ one) => one.start < one.end && one.end <= passage.text.length);
  const ids = new Set(fits.map((/** @type {Mark} */ one) => one.id));
  const links = (answer?.relations || []).map((/** @type {Link} */ one) => ({ from: first + one.from, to: first + one.to, label: one.label }));
  return { marks: fits.sort(inOrder), links: links.filter((/** @type {Link} */ one) => ids.has(one.from) && ids.has(one.to)) };
}

/** @param {Marked} state @param {Passage} passage @returns {Record<string, any> | null} as it is stored; null where nothing is said */
export function writeMarks({ marks, links, nothing }, passage) {
  if (!marks.length) return nothing ? { spans: [], nothing: true } : null;
  const place = new Map(marks.map((one, index) => [one.id, index]));
  const spans = marks.map(({ start, end, label }) => ({ start: passage.toPoint(start), end: passage.toPoint(end), label }));
  const relations = links.map(({ from, to, label }) => ({ from: place.get(from), to: place.get(to), label }));
  return relations.length ? { spans, relations } : { spans };
}

/** Trail that can be taken back. @template T */
export class Trail {
  /** @param {T} now */
  constructor(now) {
    this.now = now;
    /** @type {T[]} */
    this.before = [];
    /** @type {T[]} */
    this.after = [];
  }

  /** @param {T} next @returns {boolean} false when nothing changed */
  take(next) {
    if (next === this.now) return false;
    this.before.push(this.now);
    this.after = [];
    this.now = next;
    return true;
  }

  /** @returns {boolean} */
  undo() {
    return this.#go(this.before, this.after);
  }

  /** @returns {boolean} */
  redo() {
    return this.#go(this.after, this.before);
  }

  /** @param {T[]} from @param {T[]} to */
  #go(from, to) {
    const next = from.pop();
    if (next === undefined) return false;
    to.push(this.now);
    this.now = next;
    return true;
  }
}
