// @ts-check
/**
 * The spans question: stretches of the text, each with a label, and relations between them. Words
 * are picked in the text; a label's button or key marks them. What a model suggests is accepted
 * or rejected one by one.
 */
import { colourOf } from './dom.js';
import { labelKeys } from './keys.js';
import { Trail, UNMARKED, changedMark, isCrossing, lanesOf, over, readMarks, withMark, withoutMark, writeMarks } from './marks.js';
import { MarkPanel } from './markpanel.js';
import { readerOf } from './reader.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./marks.js').Mark} Mark
 * @typedef {import('./marks.js').Marked} Marked
 * @typedef {import('./marks.js').Link} Link
 * @typedef {import('./marks.js').Relation} Relation
 * @typedef {import('./passage.js').Stretch} Stretch
 * @typedef {{value: string, title: string, key: string, colour: string}} Brush
 *
 * @typedef {object} Extra what is fetched only where it is needed: relations, suggestions
 * @property {import('./types.js').Binding[]} keys
 * @property {HTMLElement[]} bars
 * @property {() => void} refresh
 * @property {(mark: Mark) => (Node | null)[]} [row] added to a mark's place in the list
 * @property {(mark: Mark) => void} [chose] a mark was chosen
 * @property {() => boolean} [drop] let go of something
 * @property {() => string[]} [issues]
 */

/** Keys of the tools, which no label may have. */
export const reserved = 'npxyjkuiweo';

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  const text = /** @type {HTMLElement | null} */ (context.stage.querySelector('.item-text'));
  return new SpansIsland(context, text || document.createElement('p'));
}

/** @implements {Island} */
export class SpansIsland {
  /** @param {IslandContext} context @param {HTMLElement} text */
  constructor(context, text) {
    const { question, answer, proposal, t, say } = context;
    const config = /** @type {{snap?: boolean, overlap?: boolean, relations?: Relation[]}} */ (question.config);
    this.context = context;
    this.t = t;
    this.byWord = config.snap !== false;
    this.mayOverlap = config.overlap !== false;
    const labels = question.config.labels || [];
    const keys = labelKeys(labels, context.taken);
    /** @type {Brush[]} */
    this.brushes = labels.map((label, index) => ({ value: label.value, title: label.title || label.value, key: keys[index], colour: colourOf(label, index) }));
    this.relations = config.relations || [];
    /** @type {Extra[]} */
    this.extras = [];
    this.isGone = false;
    this.isFiner = false;
    this.reader = readerOf(text, String(context.task.data?.text ?? ''), { t, say, modules: context.modules });
    const { passage } = this.reader;
    const own = readMarks(answer, passage);
    const theirs = readMarks(proposal, passage, own.marks.length + 1);
    this.nextId = own.marks.length + theirs.marks.length + 1;
    /** What the model suggests, whatever became of it. */
    this.theirs = theirs;
    this.hidden = Boolean(context.hidden);
    this.trail = new Trail(this.#start(own, answer));
    this.current = 0;
    /** The label that the next dragged words get. @type {string | null} */
    this.armed = this.brushes.length === 1 ? this.brushes[0].value : null;
    /** Given where there is a proposal. @type {((hidden: boolean) => void) | undefined} */
    this.hideProposal = undefined;
    /** @type {(() => void) | undefined} */
    this.accept = undefined;
    if (proposal) this.#offer();
    this.panel = new MarkPanel(this);
    this.keys = this.#bindings();
    this.reader.join(this);
    this.draw();
    if (this.relations.length) this.#fetch('relations');
    if (theirs.marks.length) this.#fetch('suggestions');
  }

  /** @param {'finer' | 'relations' | 'suggestions'} name */
  async #fetch(name) {
    const { modules, say } = this.context;
    try {
      const { more } = await import(modules[name]);
      if (this.isGone) return;
      const extra = /** @type {Extra} */ (more(this));
      this.extras.push(extra);
      this.keys.push(...extra.keys.filter(({ key }) => key));
      this.panel.bars.append(...extra.bars);
      this.draw();
    } catch {
      say(this.t('Some tools could not be loaded. Reload the page to have them.'));
    }
  }

  /** @param {{marks: Mark[], links: Link[]}} own @param {any} answer @returns {Marked} */
  #start(own, answer) {
    const isDecided = this.context.task.revises !== null;
    const offered = isDecided ? [] : this.theirs.marks;
    return own.marks.reduce(withMark, { ...UNMARKED, ...own, offered, nothing: answer?.nothing === true });
  }

  #offer() {
    this.hideProposal = (hidden) => {
      this.hidden = hidden;
      this.draw();
    };
    this.accept = () => {
      const marks = this.theirs.marks.reduce(withMark, { ...UNMARKED, nothing: !this.theirs.marks.length });
      this.take({ ...marks, links: this.theirs.links });
    };
  }

  /** @returns {Marked} */
  get state() {
    return this.trail.now;
  }

  /** Suggestions that are seen and wait. */
  get offered() {
    return this.hidden ? [] : this.state.offered;
  }

  /** Marks and suggestions in the order of the text. */
  get shown() {
    return [...this.state.marks, ...this.offered].sort((a, b) => a.start - b.start || a.end - b.end);
  }

  /** @returns {Mark | undefined} the mark or suggestion that is worked on */
  get chosen() {
    return this.shown.find((one) => one.id === this.current);
  }

  /** Takes a step, where it changes something; hard words are not said again outside their cover.
   * @param {Marked} next @param {string} [said] */
  take(next, said) {
    if (!this.mayOverlap && isCrossing(next)) return this.context.say(this.t('Here marks may not overlap.'));
    if (!this.trail.take(next)) return undefined;
    this.draw();
    this.context.changed();
    const { task } = this.context;
    if (said) this.context.say(task.tier || task.sensitive ? this.t('Done.') : said);
    return undefined;
  }

  /** @param {Stretch} stretch @returns {string} */
  words({ start, end }) {
    const words = this.reader.passage.text.slice(start, end).replace(/\s+/g, ' ');
    return words.length > 60 ? `${words.slice(0, 40)}…${words.slice(-15)}` : words;
  }

  /** @param {string} value @returns {Brush} */
  brush(value) {
    return this.brushes.find((one) => one.value === value) || { value, title: value, key: '', colour: '#7a7a7a' };
  }

  /** What a label's button and key do: mark what is picked, name anew what is chosen, or be ready.
   * @param {string} value */
  press(value) {
    this.reader.active = this;
    const { pick } = this.reader;
    const { chosen } = this;
    const { title } = this.brush(value);
    if (pick) {
      const mark = { id: this.nextId++, start: pick.start, end: pick.end, label: value };
      this.reader.clear();
      this.take(withMark(this.state, mark), this.t('Marked as {label}: {words}', { label: title, words: this.words(mark) }));
      this.current = this.state.marks.find((one) => one.start === mark.start && one.end === mark.end && one.label === value)?.id ?? 0;
    } else if (chosen && this.state.marks.includes(chosen)) {
      this.change(chosen.id, { label: value }, this.t('Now {label}: {words}', { label: title, words: this.words(chosen) }));
    } else {
      this.armed = this.armed === value ? null : value;
      this.context.say(this.armed ? this.t('Words that you select are marked as {label}.', { label: title }) : '');
    }
    this.draw();
  }

  /** @param {boolean} dragged */
  picked(dragged) {
    this.current = 0;
    this.extras.some((extra) => extra.drop?.());
    if (dragged && this.armed && this.reader.pick) this.press(this.armed);
    else this.draw();
  }

  renew() {
    this.panel.refresh();
  }

  /** @returns {Stretch | null} */
  place() {
    return this.chosen ?? null;
  }

  /** A tap goes through what lies there, the shortest first, and then to the word itself.
   * @param {number} unit @returns {boolean} */
  tapped(unit) {
    const here = over(this.shown, unit);
    const next = here[here.findIndex((one) => one.id === this.current) + 1];
    if (!next) this.current = 0;
    else this.choose(next.id);
    return Boolean(next);
  }

  /** @param {Stretch} stretch @returns {string} */
  told(stretch) {
    const labels = over(this.shown, stretch.start).map((one) => this.brush(one.label).title);
    return [this.words(stretch), ...labels].join(' · ');
  }

  /** Works on a mark, or makes it the other end of a relation. @param {number} id */
  choose(id) {
    this.reader.active = this;
    this.reader.clear();
    this.current = id;
    const { chosen } = this;
    if (chosen) for (const extra of this.extras) extra.chose?.(chosen);
    if (chosen) this.reader.reveal(chosen);
    this.draw();
  }

  /** @param {1 | -1} step */
  step(step) {
    const { shown, reader } = this;
    if (!shown.length) return;
    const at = shown.findIndex((one) => one.id === this.current);
    const from = reader.pick?.start ?? (step > 0 ? -1 : Infinity);
    const beside = step > 0 ? shown.findIndex((one) => one.start > from) : shown.findLastIndex((one) => one.start < from);
    const next = shown[at >= 0 ? (at + step + shown.length) % shown.length : Math.max(0, beside)];
    reader.active = this;
    reader.clear();
    this.current = next.id;
    reader.reveal(next);
    this.draw();
    if (!this.context.stage.classList.contains('veiled')) this.context.say(`${this.brush(next.label).title}: ${this.words(next)}`);
  }

  /** @param {number} id @param {Partial<Mark>} change @param {string} said */
  change(id, change, said) {
    this.take(changedMark(this.state, id, change), said);
  }

  /** Removes a mark or rejects a suggestion, and goes on to the next suggestion. */
  remove() {
    const { chosen } = this;
    if (!chosen) return;
    const next = this.nextOffer(chosen);
    this.take(withoutMark(this.state, chosen.id), this.t('Removed: {words}', { words: this.words(chosen) }));
    this.choose(next);
  }

  /** @param {Mark} mark @returns {number} the suggestion behind it; 0 when there is none or it is a mark */
  nextOffer(mark) {
    const at = this.offered.indexOf(mark);
    return at < 0 ? 0 : (this.offered[at + 1] || this.offered.filter((one) => one !== mark)[0])?.id || 0;
  }

  /** @param {boolean} on */
  setNothing(on) {
    this.take({ ...this.state, nothing: on && !this.state.marks.length });
    this.draw();
  }

  /** @param {boolean} on */
  setWords(on) {
    this.byWord = on;
    this.draw();
  }

  /** Lets go of one thing at a time. */
  escape() {
    if (this.extras.some((extra) => extra.drop?.())) this.draw();
    else if (this.reader.pick) this.reader.clear();
    else if (this.current) this.current = 0;
    else if (this.brushes.length > 1) this.armed = null;
    this.draw();
  }

  draw() {
    const marks = this.shown;
    const lanes = lanesOf(marks);
    const waits = new Set(this.offered);
    const strokes = marks.map((one) => {
      const { title, colour } = this.brush(one.label);
      const look = /** @type {'current' | 'offer' | 'mark'} */ (one.id === this.current ? 'current' : waits.has(one) ? 'offer' : 'mark');
      return { start: one.start, end: one.end, name: waits.has(one) ? `${title} ?` : title, colour, lane: lanes.get(one.id) || 0, look };
    });
    this.reader.painter.show(this, strokes);
    this.panel?.refresh();
    if (marks.length && !this.isFiner) this.#fetch('finer');
    this.isFiner ||= marks.length > 0;
  }

  #bindings() {
    const { t, reader } = this;
    const group = this.context.question.title;
    const now = () => /** @type {SpansIsland} */ (reader.active || this);
    const tools = /** @type {[string, string, () => void][]} */ ([
      ['e', t('Go to the text: arrow keys go by word, with Shift they select'), () => reader.text.focus()],
      ['n', t('Next mark or suggestion'), () => now().step(1)],
      ['p', t('Mark or suggestion before'), () => now().step(-1)],
      ['x', t('Remove the mark, reject the suggestion'), () => now().remove()],
      ['w', t('Whole words, or letters'), () => now().setWords(!now().byWord)],
      ['o', t('Nothing here to mark'), () => now().setNothing(!now().state.nothing)],
      ['Escape', t('Let go of what is selected'), () => now().escape()],
    ]);
    /** @type {import('./types.js').Binding[]} */
    const keys = [
      ...this.brushes.map((one) => ({ key: one.key, does: one.title, group, run: () => this.press(one.value) })),
      ...tools.map(([key, does, run]) => ({ key, does, run, group })),
    ];
    return keys.filter(({ key }) => key);
  }

  undo() {
    return this.#back(this.trail.undo());
  }

  redo() {
    return this.#back(this.trail.redo());
  }

  /** @param {boolean} went */
  #back(went) {
    if (went) {
      this.draw();
      this.context.changed();
    }
    return went;
  }

  value() {
    return writeMarks(this.state, this.reader.passage);
  }

  issues() {
    const { question } = this.context;
    const wait = this.extras.flatMap((extra) => extra.issues?.() || []);
    if (wait.length || !question.required || this.value()) return wait;
    return [this.t('“{q}” has no answer yet. Mark something, or say that there is nothing to mark.', { q: question.title })];
  }

  proposalShown() {
    return this.theirs.marks.length > 0 && !this.hidden;
  }

  activate() {
    this.reader.active = this;
  }

  unmount() {
    this.isGone = true;
    this.reader.painter.show(this, null);
    this.reader.leave(this);
    this.panel.root.remove();
  }
}
