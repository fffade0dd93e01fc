// @ts-check
/** The controls beside a text: labels, what can be done with the chosen mark, the list of marks. */
import { el } from './dom.js';
import { nameOf } from './keys.js';
import { markBar, markButton } from './markbar.js';

/**
 * @typedef {import('./marks.js').Mark} Mark
 * @typedef {import('./spans.js').Brush} Brush
 *
 * @typedef {object} Marking what the panel needs of its question
 * @property {import('./types.js').IslandContext} context
 * @property {(words: string, values?: Record<string, string | number>) => string} t
 * @property {Brush[]} brushes
 * @property {import('./reader.js').Reader} reader
 * @property {import('./marks.js').Marked} state
 * @property {Mark[]} shown
 * @property {Mark | undefined} chosen
 * @property {number} current
 * @property {string | null} armed
 * @property {boolean} byWord
 * @property {import('./spans.js').Extra[]} extras
 * @property {(value: string) => Brush} brush
 * @property {(stretch: import('./passage.js').Stretch) => string} words
 * @property {(value: string) => void} press
 * @property {(id: number) => void} choose
 * @property {(on: boolean) => void} setNothing
 * @property {(on: boolean) => void} setWords
 * @property {() => void} escape
 * @property {() => void} activate
 */

export class MarkPanel {
  /** @param {Marking} marking */
  constructor(marking) {
    this.marking = marking;
    const { context, t } = marking;
    const { question } = context;
    this.palette = marking.brushes.map((one) => markButton(one.title, one.key, () => marking.press(one.value), swatch(one)));
    this.hint = el('p', { class: 'muted small' }, t('Drag over words, or tap the first and the last one. Then choose a label.'));
    this.quote = el('p', { class: 'quote', dir: 'auto' });
    this.bars = el('div');
    this.drop = markBar(t('Selected words'), [markButton(t('Let go'), 'Escape', () => marking.escape())]);
    this.list = el('ol', { class: 'marks', 'aria-label': t('Marks') });
    this.nothing = el('input', { type: 'checkbox', onchange: () => marking.setNothing(this.nothing.checked) });
    this.wholeWords = el('input', { type: 'checkbox', onchange: () => marking.setWords(this.wholeWords.checked) });
    const check = (/** @type {HTMLInputElement} */ box, /** @type {string} */ words, /** @type {string} */ key) =>
      el('label', { class: 'check' }, box, el('span', {}, words), el('kbd', {}, nameOf({ key })));
    this.root = el(
      'fieldset',
      { class: 'question spans' },
      el('legend', { dir: 'auto' }, question.title, question.required ? null : el('span', { class: 'muted' }, ' ', t('(optional)'))),
      context.stage.querySelector('.item-text') ? null : el('p', { class: 'notice warn' }, t('There is no text to mark here. Skip this task (paid).')),
      el('div', { class: 'toolbar palette', role: 'group', 'aria-label': t('Labels') }, ...this.palette),
      this.hint,
      this.quote,
      this.drop,
      this.bars,
      this.list,
      el('div', { class: 'mask-foot' }, check(this.nothing, t('Nothing here to mark'), 'o'), check(this.wholeWords, t('Whole words'), 'w')),
    );
    for (const event of ['pointerdown', 'focusin']) this.root.addEventListener(event, () => marking.activate());
    context.panel.append(this.root);
  }

  /** Shows what is so now. */
  refresh() {
    const { marking } = this;
    const { state, chosen, reader } = marking;
    const isMark = Boolean(chosen && state.marks.includes(chosen));
    const pick = chosen ? null : reader.pick;
    this.palette.forEach((button, index) => {
      const { value } = marking.brushes[index];
      button.setAttribute('aria-pressed', String(isMark ? chosen?.label === value : !pick && marking.armed === value));
    });
    const stretch = chosen || pick;
    this.hint.hidden = Boolean(stretch);
    this.quote.hidden = !stretch;
    this.quote.textContent = stretch ? `“${marking.words(stretch)}”` : '';
    this.drop.hidden = !pick;
    for (const extra of marking.extras) extra.refresh();
    this.nothing.checked = state.nothing;
    this.nothing.disabled = state.marks.length > 0;
    this.wholeWords.checked = marking.byWord;
    this.#fill();
  }

  /** The list keeps its focus while it is made anew. */
  #fill() {
    const { marking, list } = this;
    const held = document.activeElement instanceof HTMLElement && list.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    list.replaceChildren(...marking.shown.map((mark) => this.#row(mark)));
    list.hidden = !marking.shown.length;
    if (!held) return;
    const again = /** @type {HTMLElement | null} */ (list.querySelector(`[data-id="${held}"]`) || list.querySelector('button'));
    (again || marking.reader.text).focus({ preventScroll: true });
  }

  /** @param {Mark} mark */
  #row(mark) {
    const { marking } = this;
    const brush = marking.brush(mark.label);
    const row = el(
      'button',
      { type: 'button', class: 'button tool', 'data-id': mark.id, 'aria-pressed': String(mark.id === marking.current), onclick: () => marking.choose(mark.id) },
      swatch(brush),
      el('span', {}, brush.title),
      el('bdi', { class: 'quote' }, marking.words(mark)),
    );
    return el('li', {}, row, ...marking.extras.flatMap((extra) => extra.row?.(mark) || []));
  }
}

/** @param {{colour: string}} brush */
function swatch({ colour }) {
  const dot = el('span', { class: 'swatch', 'aria-hidden': 'true' });
  dot.style.setProperty('--label', colour);
  return dot;
}
