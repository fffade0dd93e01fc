// @ts-check
/** Draws marks by <mark> elements, for browsers without the CSS Custom Highlight API. */
import { el } from './dom.js';

/**
 * Cuts the text where marks begin and end.
 * @param {HTMLElement} text @param {string} words @param {{start: number, end: number, rule: string}[]} strokes
 */
export function wrap(text, words, strokes) {
  const edges = [0, words.length, ...strokes.flatMap(({ start, end }) => [start, end])];
  const cuts = [...new Set(edges)].sort((a, b) => a - b);
  const parts = cuts.slice(1).map((end, index) => {
    const start = cuts[index];
    const part = words.slice(start, end);
    const own = strokes.filter((one) => one.start <= start && end <= one.end);
    if (!own.length) return part;
    const mark = el('mark', {}, part);
    mark.style.setProperty('color', 'inherit');
    for (const line of own.flatMap(({ rule }) => rule.split(';'))) {
      const colon = line.indexOf(':');
      if (colon > 0) mark.style.setProperty(line.slice(0, colon), line.slice(colon + 1));
    }
    return mark;
  });
  text.replaceChildren(...parts);
}
