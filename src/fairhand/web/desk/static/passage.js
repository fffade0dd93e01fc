// @ts-check
/**
 * A text as people mark it: where its words and letters begin and end, and how places are counted.
 * Browsers count UTF-16 units, answers count Unicode code points: 👩🏽‍🌾 is one letter to a person,
 * four code points to an answer, seven units to a browser. DOM-free.
 *
 * @typedef {{start: number, end: number}} Stretch in UTF-16 units
 */

/** Words where the browser cannot tell them: letters, marks and digits together, each other sign alone. */
const ROUGH = /[\p{L}\p{M}\p{N}_]+(?:['’][\p{L}\p{M}]+)*|\p{Extended_Pictographic}(?:[\u{1f3fb}-\u{1f3ff}\ufe0f]|\u200d\p{Extended_Pictographic})*|[^\s]/gu;
const ROUGH_LETTERS = /\P{M}\p{M}*/gu;

/** @param {string} text @param {'word' | 'grapheme'} granularity @returns {Stretch[]} whatever is not space */
function cutInto(text, granularity) {
  const found =
    typeof Intl.Segmenter === 'function'
      ? Array.from(new Intl.Segmenter('und', { granularity }).segment(text), ({ index, segment }) => ({ start: index, end: index + segment.length }))
      : Array.from(text.matchAll(granularity === 'word' ? ROUGH : ROUGH_LETTERS), (match) => ({ start: match.index, end: match.index + match[0].length }));
  return found.filter(({ start, end }) => /\S/.test(text.slice(start, end)));
}

export class Passage {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    /** The places of the second halves of pairs, in order. @type {number[]} */
    this.halves = [];
    for (let at = 1; at < text.length; at++) {
      if (/[\udc00-\udfff]/.test(text[at]) && /[\ud800-\udbff]/.test(text[at - 1])) this.halves.push(at++);
    }
    /** How many code points it has. */
    this.points = text.length - this.halves.length;
    /** @type {Record<string, Stretch[]>} */
    this.cuts = {};
  }

  /** @param {number} unit place in UTF-16 @returns {number} place in code points */
  toPoint(unit) {
    return unit - below(this.halves, unit);
  }

  /** @param {number} point place in code points @returns {number} place in UTF-16 */
  toUnit(point) {
    let low = 0;
    let high = this.halves.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.halves[middle] - middle <= point) low = middle + 1;
      else high = middle;
    }
    return point + low;
  }

  /** What the caret stops at. @param {boolean} byWord @returns {Stretch[]} */
  stops(byWord) {
    const granularity = byWord ? 'word' : 'grapheme';
    return (this.cuts[granularity] ??= cutInto(this.text, granularity));
  }

  /** Which stop a place lies in, or else the next one; the last behind all. @param {number} unit @param {boolean} byWord */
  stopAt(unit, byWord) {
    const stops = this.stops(byWord);
    let low = 0;
    let high = stops.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (stops[middle].end > unit) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /**
   * The whole words (or letters) that a stretch touches, without space around them.
   * @param {number} start @param {number} end @param {boolean} byWord @returns {Stretch | null} null where there is only space
   */
  snap(start, end, byWord) {
    const stops = this.stops(byWord);
    if (!stops.length || end <= start) return null;
    const first = this.stopAt(start, byWord);
    let last = this.stopAt(end - 1, byWord);
    if (stops[last].start >= end) last--;
    if (last < first || stops[first].end <= start) return null;
    return { start: stops[first].start, end: stops[last].end };
  }
}

/** How many of these are below or at a place. @param {number[]} sorted @param {number} unit */
function below(sorted, unit) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < unit) low = middle + 1;
    else high = middle;
  }
  return low;
}
