// @ts-check
/**
 * A text cut into sentences that can be marked as passages. Places are counted in code points, as
 * answers count them: an emoji is one or more, never half a one. DOM-free.
 *
 * @typedef {{text: string, start: number, end: number}} Sentence `end` is the place after it
 * @typedef {[number, number]} Stretch
 */

const ROUGH = /[^.!?。।؟]*[.!?。।؟]+\s*|[^.!?。।؟]+$/gu;

/** @param {string} text @returns {Sentence[]} all of the text, space after a sentence included */
export function sentencesOf(text) {
  const parts =
    typeof Intl.Segmenter === 'function'
      ? Array.from(new Intl.Segmenter('und', { granularity: 'sentence' }).segment(text), ({ segment }) => segment)
      : text.match(ROUGH) || [];
  let at = 0;
  return parts.map((part) => {
    const start = at;
    at += [...part].length;
    return { text: part, start, end: at };
  });
}

/** What of a sentence is marked: it without the space around it. @param {Sentence} sentence @returns {Stretch} */
export function stretchOf({ text, start, end }) {
  const before = [...text].length - [...text.trimStart()].length;
  const after = [...text].length - [...text.trimEnd()].length;
  return [start + before, end - after];
}

/** @param {Stretch[]} passages @param {Sentence} sentence @returns {boolean} some of it is marked */
export function isMarked(passages, sentence) {
  const [start, end] = stretchOf(sentence);
  return passages.some(([from, to]) => from < end && to > start);
}

/** Marks a sentence, or takes all marks from it. @param {Stretch[]} passages @param {Sentence} sentence @returns {Stretch[]} */
export function toggled(passages, sentence) {
  const [start, end] = stretchOf(sentence);
  if (start >= end) return passages;
  if (!isMarked(passages, sentence)) return /** @type {Stretch[]} */ ([...passages, [start, end]]).sort((one, two) => one[0] - two[0]);
  return passages.flatMap(([from, to]) => {
    const left = /** @type {Stretch} */ ([from, Math.min(to, start)]);
    const right = /** @type {Stretch} */ ([Math.max(from, end), to]);
    return [left, right].filter(([one, two]) => one < two);
  });
}
