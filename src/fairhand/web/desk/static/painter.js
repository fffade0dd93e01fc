// @ts-check
/**
 * Draws marks over a text without touching it: by the CSS Custom Highlight API, and by <mark>
 * elements where a browser lacks it. Small names of the labels stand above the lines.
 *
 * The text's element may be cut into sentences by others (hard content that is read bit by bit);
 * places are found by walking its text nodes, and drawn again when they change.
 *
 * @typedef {{start: number, end: number, name: string, colour: string, lane: number, look: 'mark' | 'offer' | 'pick' | 'current'}} Stroke
 *   `pick`: what is selected just now, without a name; `current`: the mark that is worked on
 */

const LANES = 3;
/** @type {WeakMap<HTMLElement, Painter>} */
const PAINTERS = new WeakMap();
let painters = 0;

/** One painter a text, whoever asks.
 * @param {HTMLElement} text @param {string} late where the tool for old browsers is @returns {Painter} */
export function painterOf(text, late) {
  const known = PAINTERS.get(text) || new Painter(text, late);
  PAINTERS.set(text, known);
  return known;
}

export class Painter {
  /** @param {HTMLElement} text @param {string} late */
  constructor(text, late) {
    this.text = text;
    this.late = late;
    /** @type {Promise<typeof import('./wraps.js')> | null} */
    this.wraps = null;
    this.prefix = `fh${++painters}`;
    /** What each question shows. @type {Map<object, Stroke[]>} */
    this.layers = new Map();
    /** @type {string[]} */
    this.names = [];
    this.words = text.dataset.whole ?? text.textContent ?? '';
    /** Writes names above the lines; comes later. @type {((painter: Painter) => void) | undefined} */
    this.tagger = undefined;
    this.highlights = /** @type {any} */ (globalThis).Highlight && CSS.highlights;
    this.sheet = this.highlights ? new CSSStyleSheet() : null;
    if (this.sheet) document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.sheet];
    this.sizes = new ResizeObserver(() => this.tagger?.(this));
    this.sizes.observe(text);
    this.watch = new MutationObserver(() => this.#draw());
    this.#draw();
  }

  /** @param {object} owner @param {Stroke[] | null} strokes null when the question leaves */
  show(owner, strokes) {
    if (strokes) this.layers.set(owner, strokes);
    else this.layers.delete(owner);
    this.#draw();
    if (this.layers.size || strokes) return;
    this.sizes.disconnect();
    this.watch.disconnect();
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== this.sheet);
    this.text.querySelector('.tags')?.remove();
    PAINTERS.delete(this.text);
  }

  strokes() {
    return [...this.layers.values()].flat().sort((a, b) => a.start - b.start || b.end - a.end);
  }

  #draw() {
    this.watch.disconnect();
    const strokes = this.strokes();
    if (this.highlights) this.#highlight(strokes);
    else this.#wrap();
    this.tagger?.(this);
    this.watch.observe(this.text, { childList: true });
  }

  /** @param {Stroke[]} strokes */
  #highlight(strokes) {
    for (const name of this.names) CSS.highlights.delete(name);
    /** @type {Map<string, {rule: string, ranges: Range[], first: number}>} */
    const groups = new Map();
    const nodes = this.#nodes();
    for (const stroke of strokes) {
      const rule = ruleOf(stroke);
      const group = groups.get(rule) || { rule, ranges: [], first: stroke.look === 'pick' ? 9 : stroke.lane };
      group.ranges.push(rangeIn(nodes, stroke));
      groups.set(rule, group);
    }
    this.names = [...groups.values()].map(({ ranges, first }, index) => {
      const highlight = new Highlight(...ranges);
      highlight.priority = first;
      CSS.highlights.set(`${this.prefix}-${index}`, highlight);
      return `${this.prefix}-${index}`;
    });
    const rules = [...groups.keys()].map((rule, index) => `::highlight(${this.names[index]}){${rule}}`);
    this.sheet?.replaceSync(rules.join(''));
  }

  /** By elements, with a tool that is fetched where it is needed. */
  async #wrap() {
    this.wraps ||= import(this.late);
    const { wrap } = await this.wraps;
    if (this.text.dataset.whole) return;
    this.watch.disconnect();
    wrap(this.text, this.words, this.strokes().map((stroke) => ({ ...stroke, rule: ruleOf(stroke) })));
    this.tagger?.(this);
    this.watch.observe(this.text, { childList: true });
  }

  /** The text's own nodes with where they begin; the tags and added buttons lie behind its end. */
  #nodes() {
    const walker = document.createTreeWalker(this.text, NodeFilter.SHOW_TEXT);
    const nodes = /** @type {{node: Node, start: number, end: number}[]} */ ([]);
    for (let at = 0; at < this.words.length && walker.nextNode(); ) {
      const node = walker.currentNode;
      nodes.push({ node, start: at, end: (at += (node.textContent || '').length) });
    }
    return nodes;
  }

  /** @param {{start: number, end: number}} stretch @returns {DOMRect[]} where it lies in the window */
  rects(stretch) {
    return [...rangeIn(this.#nodes(), stretch).getClientRects()].filter(({ width }) => width > 0);
  }

  /** @param {Node | null} node @param {number} offset @returns {number | null} the place in the text */
  placeOf(node, offset) {
    if (!node || !this.text.contains(node)) return null;
    if (node.nodeType !== Node.TEXT_NODE) {
      const before = document.createRange();
      before.setStart(this.text, 0);
      before.setEnd(node, offset);
      return Math.min(this.words.length, before.toString().length);
    }
    const own = this.#nodes().find((one) => one.node === node);
    return own ? Math.min(own.start + offset, this.words.length) : null;
  }

  /** @param {number} x @param {number} y @returns {number | null} the place under a point of the window */
  placeAt(x, y) {
    const page = /** @type {any} */ (document);
    const found = page.caretPositionFromPoint?.(x, y) || page.caretRangeFromPoint?.(x, y);
    return found && this.placeOf(found.offsetNode || found.startContainer, found.offset ?? found.startOffset);
  }
}

/** @param {{node: Node, start: number, end: number}[]} nodes @param {{start: number, end: number}} stretch */
function rangeIn(nodes, { start, end }) {
  const range = document.createRange();
  const first = nodes.find((one) => one.end > start);
  const last = nodes.findLast((one) => one.start < end);
  if (first && last) {
    range.setStart(first.node, Math.max(0, start - first.start));
    range.setEnd(last.node, Math.min(end, last.end) - last.start);
  }
  return range;
}

/** @param {Stroke} stroke @returns {string} declarations that highlights can have */
function ruleOf({ colour, lane, look }) {
  if (look === 'pick') return 'background-color:Highlight;color:HighlightText;';
  const line = look === 'offer' ? 'dashed' : look === 'current' ? 'double' : 'solid';
  const depth = 3 + 4 * (lane % LANES);
  const shade = { offer: '14', current: '66', mark: '38' }[look];
  return `background-color:${colour}${shade};text-decoration:underline ${line} ${colour} ${look === 'current' ? 2 : 3}px;text-underline-offset:${depth}px;text-decoration-skip-ink:none;`;
}
