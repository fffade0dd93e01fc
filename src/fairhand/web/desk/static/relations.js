// @ts-check
/**
 * Relations between marks: begun at the chosen mark, ended by choosing the other one. Fetched only
 * where a question has relations.
 */
import { el } from './dom.js';
import { labelKeys } from './keys.js';
import { joins, withLink, withoutLink } from './links.js';
import { markBar, markButton } from './markbar.js';

/**
 * @typedef {import('./marks.js').Mark} Mark
 * @typedef {import('./marks.js').Relation} Relation
 * @typedef {import('./spans.js').SpansIsland} SpansIsland
 */

/** @param {SpansIsland} island @returns {import('./spans.js').Extra} */
export function more(island) {
  return new Relating(island);
}

class Relating {
  /** @param {SpansIsland} island */
  constructor(island) {
    this.island = island;
    this.t = island.t;
    const { relations, context } = island;
    const keys = labelKeys(relations, context.taken);
    /** A relation that waits for its other end. @type {{from: number, relation: Relation} | null} */
    this.linking = null;
    this.buttons = relations.map((one, index) => markButton(titleOf(one), keys[index], () => this.relate(one)));
    this.bar = markBar(this.t('Relations'), this.buttons);
    this.asks = el('p', { class: 'quote' });
    this.bars = [this.asks, this.bar];
    const group = context.question.title;
    this.keys = relations.map((one, index) => ({ key: keys[index], does: titleOf(one), group, run: () => this.relate(one) }));
  }

  /** @returns {Mark | undefined} the chosen mark, where it is no suggestion */
  get end() {
    const { chosen, state } = this.island;
    return state.marks.find((one) => one === chosen);
  }

  /** Begins at the chosen mark, or ends what waits there. @param {Relation} relation */
  relate(relation) {
    const { end, linking, island } = this;
    if (!end) return island.context.say(this.t('Choose a mark first.'));
    if (linking && linking.relation === relation && linking.from !== end.id) this.#join(end.id);
    else {
      this.linking = { from: end.id, relation };
      island.context.say(this.#asking());
    }
    return island.draw();
  }

  #asking() {
    return this.linking ? this.t('“{relation}”: now choose the other mark.', { relation: titleOf(this.linking.relation) }) : '';
  }

  /** @param {Mark} mark */
  chose(mark) {
    if (this.linking && this.end && mark.id !== this.linking.from) this.#join(mark.id);
  }

  drop() {
    const was = this.linking;
    this.linking = null;
    return was !== null;
  }

  /** @param {number} to */
  #join(to) {
    const { island, t } = this;
    const { from, relation } = /** @type {{from: number, relation: Relation}} */ (this.linking);
    const [start, end] = [from, to].map((id) => island.state.marks.find((one) => one.id === id));
    this.linking = null;
    if (!start || !end) return;
    const title = titleOf(relation);
    if (!joins(relation, start.label, end.label)) {
      const names = { relation: title, from: island.brush(start.label).title, to: island.brush(end.label).title };
      return island.context.say(t('“{relation}” does not lead from {from} to {to}.', names));
    }
    const isBack = relation.directed === false && start.start > end.start;
    const link = { from: isBack ? to : from, to: isBack ? from : to, label: relation.value };
    const said = { from: island.words(start), relation: title, to: island.words(end) };
    island.take(withLink(island.state, link), t('{from}, {relation}: {to}', said));
  }

  refresh() {
    const { linking, island } = this;
    this.bar.hidden = !this.end;
    this.asks.hidden = !linking;
    this.asks.textContent = this.#asking();
    this.buttons.forEach((button, index) => button.setAttribute('aria-pressed', String(linking?.relation === island.relations[index])));
  }

  /** The relations that begin at a mark. @param {Mark} mark @returns {Node[]} */
  row(mark) {
    const { island, t } = this;
    const rows = island.state.links.filter((link) => link.from === mark.id).map((link) => {
      const relation = island.relations.find((one) => one.value === link.label);
      const title = relation ? titleOf(relation) : link.label;
      const other = island.state.marks.find((one) => one.id === link.to);
      const remove = { type: 'button', class: 'button small', 'aria-label': t('Remove the relation {relation}', { relation: title }), onclick: () => island.take(withoutLink(island.state, link)) };
      const words = el('span', {}, `${relation?.directed === false ? '↔' : '→'} ${title} `, el('bdi', { class: 'quote' }, other ? island.words(other) : ''));
      return el('li', {}, words, el('button', remove, '×'));
    });
    return rows.length ? [el('ul', {}, ...rows)] : [];
  }
}

/** @param {Relation} relation */
function titleOf(relation) {
  return relation.title || relation.value;
}
