// @ts-check
/**
 * What is needed once something is marked: edges that move word by word, and the names of labels
 * above the lines. Fetched then.
 */
import { el } from './dom.js';
import { markBar, markButton } from './markbar.js';
import { nudged } from './nudge.js';

/**
 * @typedef {import('./painter.js').Painter} Painter
 * @typedef {import('./spans.js').SpansIsland} SpansIsland
 */

/** @param {SpansIsland} island @returns {import('./spans.js').Extra} */
export function more(island) {
  const { t, reader } = island;
  const group = island.context.question.title;
  const nudge = (/** @type {'start' | 'end'} */ edge, /** @type {1 | -1} */ step) => () => {
    const one = /** @type {SpansIsland} */ (reader.active || island);
    const { chosen } = one;
    const moved = chosen && one.state.marks.includes(chosen) && nudged(reader.passage.stops(one.byWord), chosen, edge, step);
    if (chosen && moved) one.change(chosen.id, moved, one.words(moved));
  };
  const moves = /** @type {[string, string, () => void][]} */ ([
    ['j', t('Begin earlier'), nudge('start', -1)],
    ['k', t('Begin later'), nudge('start', 1)],
    ['u', t('End earlier'), nudge('end', -1)],
    ['i', t('End later'), nudge('end', 1)],
  ]);
  const remove = markButton(t('Remove'), 'x', () => island.remove());
  const bar = markBar(t('Change the mark'), [remove, ...moves.map(([key, does, run]) => markButton(does, key, run))]);
  reader.painter.tagger = tagMarks;
  return {
    keys: moves.map(([key, does, run]) => ({ key, does, run, group })),
    bars: [bar],
    refresh: () => void (bar.hidden = !island.state.marks.some((one) => one === island.chosen)),
  };
}

/** Those that begin at one place share a name, and none covers the next. @param {Painter} painter */
function tagMarks(painter) {
  const { text } = painter;
  const frame = text.getBoundingClientRect();
  const isRtl = getComputedStyle(text).direction === 'rtl';
  /** @type {{node: HTMLElement, start: number, top: number}[]} */
  const tags = [];
  for (const stroke of painter.strokes()) {
    const [rect] = stroke.name ? painter.rects(stroke) : [];
    if (!rect) continue;
    const start = Math.round(isRtl ? frame.right - rect.right : rect.left - frame.left);
    const top = Math.round(rect.top - frame.top);
    const same = tags.find((one) => one.start === start && one.top === top);
    if (same) {
      same.node.dataset.name += ` · ${stroke.name}`;
      continue;
    }
    const node = el('i', { 'data-name': stroke.name });
    node.style.setProperty('--label', stroke.colour);
    tags.push({ node, start, top });
  }
  tags.sort((a, b) => a.top - b.top || a.start - b.start);
  tags.forEach(({ node, start, top }, index) => {
    const next = tags[index + 1];
    node.style.setProperty('inset-inline-start', `${start}px`);
    node.style.setProperty('top', `${top}px`);
    if (next?.top === top) node.style.setProperty('max-width', `${Math.max(4, next.start - start - 2)}px`);
  });
  const place = text.querySelector('.tags') || el('span', { class: 'tags', 'aria-hidden': 'true' });
  place.replaceChildren(...tags.map(({ node }) => node));
  if (text.lastChild !== place) text.append(place);
}
