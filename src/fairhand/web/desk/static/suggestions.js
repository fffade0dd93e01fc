// @ts-check
/** What a model suggests to mark: accepted or rejected one by one. Fetched only where it does. */
import { el } from './dom.js';
import { taken } from './links.js';
import { markBar, markButton } from './markbar.js';

/**
 * @typedef {import('./marks.js').Mark} Mark
 * @typedef {import('./spans.js').SpansIsland} SpansIsland
 */

/** @param {SpansIsland} island @returns {import('./spans.js').Extra} */
export function more(island) {
  return new Suggesting(island);
}

class Suggesting {
  /** @param {SpansIsland} island */
  constructor(island) {
    this.island = island;
    const { t } = island;
    this.decide = markBar(t('Suggestion'), [
      markButton(t('Accept'), 'y', () => this.approve()),
      markButton(t('Reject'), 'x', () => island.remove()),
    ]);
    this.all = markBar(t('Suggestions'), [
      markButton(t('Accept all'), '', () => this.#acceptAll()),
      markButton(t('Reject all'), '', () => island.take({ ...island.state, offered: [] })),
    ]);
    this.bars = [this.decide, this.all];
    const group = island.context.question.title;
    this.keys = [{ key: 'y', does: t('Accept the suggestion'), run: () => this.approve(), group }];
  }

  /** Makes the chosen suggestion a mark and goes to the next; without one, goes to the first. */
  approve() {
    const { island } = this;
    const { chosen } = island;
    if (!chosen || !island.state.offered.includes(chosen)) return island.choose(island.offered[0]?.id ?? 0);
    const next = island.nextOffer(chosen);
    island.take(taken(island.state, chosen.id, island.theirs.links), island.t('Accepted: {words}', { words: island.words(chosen) }));
    return island.choose(next || chosen.id);
  }

  #acceptAll() {
    const { island } = this;
    island.take(island.state.offered.reduce((state, one) => taken(state, one.id, island.theirs.links), island.state));
  }

  refresh() {
    const { chosen, offered } = this.island;
    this.decide.hidden = !offered.some((one) => one === chosen);
    this.all.hidden = offered.length < 2;
  }

  /** @param {Mark} mark @returns {Node[]} */
  row(mark) {
    return this.island.offered.includes(mark) ? [el('p', { class: 'hint' }, this.island.t('suggested'))] : [];
  }

  issues() {
    const { island } = this;
    const n = island.offered.length;
    return n ? [island.t('“{q}”: {n} suggestions wait to be accepted or rejected.', { q: island.context.question.title, n })] : [];
  }
}
