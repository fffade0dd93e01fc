// @ts-check
/**
 * The key point question: one tap a named point, each visible, hidden or not in the picture; lines
 * of the skeleton between them.
 */
import { CanvasView } from './canvas.js';
import { colourOf, el } from './dom.js';
import { arrowOf, drawCursor, drawDot, palette, toolbar, toolButton } from './easel.js';
import { jointAt, nextOpen, put, readJoints, writeJoints } from './joints.js';
import { labelKeys } from './keys.js';
import { layPicture } from './picture.js';
import { onPicture } from './shapes.js';
import { Steps } from './steps.js';
import { toFrame } from './viewport.js';
import { arrows, zooms } from './zooms.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./types.js').Picture} Picture
 * @typedef {import('./viewport.js').Point} Point
 * @typedef {import('./joints.js').Joints} Joints
 * @typedef {import('./joints.js').State} State
 */

export const reserved = 'vcxrzyotnwum,.+-=';
export const stage = 'canvas';

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  return new Keypoints(context);
}

/** @implements {Island} */
class Keypoints {
  /** @param {IslandContext} context */
  constructor(context) {
    this.context = context;
    const { question, task, t } = context;
    this.t = t;
    this.picture = /** @type {Picture} */ (task.image);
    this.labels = (question.config.labels || []).map((label, index) => ({ value: label.value, title: label.title || label.value, key: label.key, colour: colourOf(label, index) }));
    this.names = this.labels.map((label) => label.value);
    const index = new Map(this.names.map((name, at) => [name, at]));
    const bones = /** @type {[string, string][]} */ (/** @type {any} */ (question.config).skeleton || []);
    /** Pairs of points between which a line is drawn. */
    this.bones = bones.map(([from, to]) => [index.get(from) ?? -1, index.get(to) ?? -1]);
    this.steps = new Steps(readJoints(context.answer, this.names));
    /** What a model suggests. @type {Joints} */
    this.ghosts = readJoints(context.proposal, this.names);
    this.ghostsHidden = Boolean(context.hidden);
    this.active = Math.max(0, nextOpen(this.steps.now, -1));
    /** How the next tap places a point. @type {'visible' | 'hidden'} */
    this.placing = 'visible';
    this.hidden = false;
    this.cursor = { x: this.picture.width / 2, y: this.picture.height / 2 };
    this.cursorShown = false;
    /** The point under the finger. @type {{index: number, at: Point, from: Point, slack: number, moved: boolean} | null} */
    this.held = null;
    this.view = new CanvasView(context.stage, this.picture, {
      name: t('Drawing area. Arrow keys move the cursor or the chosen point, Space places it.'),
      tool: () => this.#tool(),
      overlay: () => null,
      decorate: (view) => this.#decorate(view),
    });
    const { canvas, ended } = this.view;
    canvas.addEventListener('keydown', (event) => this.#canvasKey(event), ended);
    canvas.addEventListener('keyup', (event) => event.key === ' ' && (this.view.spaceHeld = false), ended);
    canvas.addEventListener('blur', () => this.#leave(), ended);
    this.labelKeys = labelKeys(this.labels, context.taken);
    const under = layPicture(this.view, context);
    this.#buildPanel();
    this.keys = [...this.#bindings(), ...under.keys];
    const suggests = this.ghosts.some(Boolean);
    this.suggests = suggests;
    /** @type {((hidden: boolean) => void) | undefined} */
    this.hideProposal = suggests ? (hidden) => ((this.ghostsHidden = hidden), this.#refresh()) : undefined;
    /** @type {(() => void) | undefined} */
    this.accept = suggests ? () => this.#commit(this.ghosts) : undefined;
    this.#refresh();
  }

  #buildPanel() {
    const { t, context } = this;
    this.palette = palette(this.labels, this.labelKeys, (index) => this.pick(index));
    /** Says after each name what is known of the point. */
    this.marks = this.palette.map((button) => button.appendChild(el('span', { class: 'muted' })));
    const bar = toolbar(t('Points'), ...this.palette);
    bar.classList.add('palette');
    this.stateButtons = {
      visible: toolButton(t('Visible'), 'v', () => this.setState('visible')),
      hidden: toolButton(t('Covered'), 'c', () => this.setState('hidden')),
      absent: toolButton(t('Not in the picture'), 'x', () => this.setState('absent')),
    };
    this.undoButton = toolButton(t('Undo'), 'z', () => this.undo());
    this.redoButton = toolButton(t('Redo'), 'y', () => this.redo());
    this.hint = el('p', { class: 'small' });
    this.takeButton = toolButton(t('Take suggestion'), 't', () => this.take());
    this.hideButton = toolButton(t('Hide marks'), 'm', () => this.hide());
    this.root = el(
      'fieldset',
      { class: 'question mask' },
      el('legend', { dir: 'auto' }, context.question.title),
      this.hint,
      toolbar(t('The chosen point is'), ...Object.values(this.stateButtons)),
      bar,
      toolbar(t('Tools'), this.takeButton, this.undoButton, this.redoButton, toolButton(t('Forget this point'), 'u', () => this.forget())),
      el(
        'details',
        { class: 'more', open: matchMedia('(min-width: 60rem)').matches },
        el('summary', {}, t('Move and view')),
        arrows(t, (by) => this.nudge(by)),
        toolbar(t('View'), ...zooms(this.view, t).map((one) => toolButton(...one)), this.hideButton, toolButton(t('The rest is not in the picture'), 'r', () => this.restAbsent())),
      ),
    );
    context.panel.append(this.root);
  }

  #bindings() {
    const { t } = this;
    const bind = (/** @type {string} */ key, /** @type {string} */ does, /** @type {() => void} */ run) => ({ key, does, run, group: t('Points') });
    return [
      ...this.labels.map((label, index) => ({ key: this.labelKeys[index], does: label.title, group: this.context.question.title, run: () => this.pick(index) })),
      bind('v', t('Visible'), () => this.setState('visible')),
      bind('c', t('Covered'), () => this.setState('hidden')),
      bind('x', t('Not in the picture'), () => this.setState('absent')),
      bind('r', t('The rest is not in the picture'), () => this.restAbsent()),
      bind('u', t('Forget this point'), () => this.forget()),
      bind('Delete', t('Forget this point'), () => this.forget()),
      bind('z', t('Undo'), () => this.undo()),
      bind('y', t('Redo'), () => this.redo()),
      bind(',', t('Previous'), () => this.pick((this.active + this.names.length - 1) % this.names.length)),
      bind('.', t('Next'), () => this.pick((this.active + 1) % this.names.length)),
      bind('m', t('Hide marks'), () => this.hide()),
      ...zooms(this.view, t).map(([does, key, run]) => bind(key, does, run)),
      bind('=', t('Zoom in'), () => this.view.zoom(1.4)),
      ...(this.context.proposal ? [bind('t', t('Take suggestion'), () => this.take())] : []),
    ].filter((binding) => binding.key);
  }

  /** @returns {import('./canvas.js').Tool} */
  #tool() {
    return {
      down: (at, reach) => {
        const near = jointAt(this.steps.now, at, reach);
        const slack = near < 0 ? 0 : reach / 3;
        this.held = { index: near < 0 ? this.active : near, at: onPicture(at, this.picture), from: at, slack, moved: near < 0 };
        this.view.invalidate();
      },
      move: (at) => {
        const { held } = this;
        if (!held) return;
        held.moved ||= Math.hypot(at.x - held.from.x, at.y - held.from.y) > held.slack;
        held.at = onPicture(at, this.picture);
      },
      up: () => {
        const { held } = this;
        this.held = null;
        if (!held) return;
        // a tap beside a placed point places the next one: joints can be close together
        if (held.moved) this.#place(held.index, held.at);
        else if (this.steps.now[this.active]) this.pick(held.index);
        else this.#place(this.active, held.at);
        this.#refresh();
      },
      cancel: () => {
        this.held = null;
        this.#refresh();
      },
    };
  }

  /** Puts a point somewhere; a new one makes the next open point the chosen one.
   * @param {number} index @param {Point} at */
  #place(index, at) {
    const had = this.steps.now[index];
    const state = had?.at ? had.state : this.placing;
    this.#commit(put(this.steps.now, index, { state, at }));
    if (!had?.at) this.#goOn(index);
  }

  /** @param {number} from */
  #goOn(from) {
    const open = nextOpen(this.steps.now, from);
    this.placing = 'visible';
    if (open >= 0) this.active = open;
    this.#refresh();
    this.#showActive();
    this.context.say(this.hint?.textContent || '');
  }

  /** @param {Joints} joints */
  #commit(joints) {
    this.steps.push(joints);
    this.#changed();
  }

  #changed() {
    this.#refresh();
    this.context.changed();
  }

  /** Arrow keys, Space: for people who place points without a pointer. @param {KeyboardEvent} event */
  #canvasKey(event) {
    const by = arrowOf(event, this.view.view.scale);
    if (by && this.steps.now[this.active]?.at) this.nudge(by);
    else if (by) {
      this.cursor = onPicture({ x: this.cursor.x + by.x, y: this.cursor.y + by.y }, this.picture);
      this.cursorShown = true;
      this.view.reveal(this.cursor);
    } else if (event.key === ' ' && this.cursorShown) this.#place(this.active, { ...this.cursor });
    else if (event.key === ' ') this.view.spaceHeld = true;
    else return;
    event.preventDefault();
    this.view.invalidate();
  }

  #leave() {
    this.cursorShown = this.view.spaceHeld = false;
    this.view.invalidate();
  }

  /** @param {number} index @returns {Point | undefined} where a point is drawn */
  #placeOf(index) {
    if (this.held?.moved && this.held.index === index) return this.held.at;
    return this.steps.now[index]?.at;
  }

  /** @param {CanvasView} view */
  #decorate(view) {
    if (!this.hidden) {
      this.#bones(view, (index) => this.#placeOf(index), false);
      if (!this.ghostsHidden) this.#ghosts(view);
      this.labels.forEach((label, index) => {
        const at = this.#placeOf(index);
        if (at) this.#dot(view, index, at, label.colour);
      });
    }
    if (this.cursorShown) drawCursor(view, this.cursor);
  }

  /** @param {CanvasView} view @param {(index: number) => Point | undefined} placeOf @param {boolean} faint */
  #bones(view, placeOf, faint) {
    for (const [from, to] of this.bones) {
      const [a, b] = [placeOf(from), placeOf(to)].map((at) => at && toFrame(view.view, at));
      if (!a || !b) continue;
      if (faint) view.paint.setLineDash([5, 4]);
      view.outline(() => (view.paint.moveTo(a.x, a.y), view.paint.lineTo(b.x, b.y)), faint ? 0.75 : 1.5);
      view.paint.setLineDash([]);
    }
  }

  /** @param {CanvasView} view */
  #ghosts(view) {
    const open = (/** @type {number} */ index) => (this.steps.now[index] ? undefined : this.ghosts[index]?.at);
    this.#bones(view, open, true);
    view.paint.setLineDash([3, 3]);
    this.labels.forEach((_, index) => {
      const at = open(index);
      if (at) drawDot(view, at, 7);
    });
    view.paint.setLineDash([]);
  }

  /** Filled where it is seen, a ring where it is covered; the chosen one is larger.
   * @param {CanvasView} view @param {number} index @param {Point} point @param {string} colour */
  #dot(view, index, point, colour) {
    const { paint } = view;
    const at = toFrame(view.view, point);
    const radius = index === this.active ? 8 : 5;
    drawDot(view, point, radius);
    if (this.steps.now[index]?.state === 'hidden') return;
    paint.beginPath();
    paint.arc(at.x, at.y, radius - 0.5, 0, 7);
    paint.fillStyle = colour;
    paint.fill();
  }

  #refresh() {
    const { t, steps, active } = this;
    const words = { visible: t('visible'), hidden: t('covered'), absent: t('not there') };
    this.palette?.forEach((button, index) => {
      const joint = steps.now[index];
      button.setAttribute('aria-pressed', String(index === active));
      /** @type {HTMLElement[]} */ (this.marks)[index].textContent = joint ? words[joint.state] : '';
    });
    const state = steps.now[active]?.state || this.placing;
    for (const [name, button] of Object.entries(this.stateButtons || {})) button.setAttribute('aria-pressed', String(name === state));
    if (this.undoButton) this.undoButton.disabled = !steps.before.length;
    if (this.redoButton) this.redoButton.disabled = !steps.after.length;
    if (this.takeButton) this.takeButton.hidden = this.ghostsHidden || !this.ghosts[active] || Boolean(steps.now[active]);
    const left = steps.now.filter((joint) => !joint).length;
    if (this.hint) this.hint.textContent = left ? t('Tap: {point}. {n} points to go.', { point: this.labels[active].title, n: left }) : t('All points are answered for. Drag one to correct it.');
    this.view.invalidate();
  }

  /** @param {number} index */
  pick(index) {
    this.active = index;
    this.placing = 'visible';
    const at = this.steps.now[index]?.at;
    if (at) this.view.reveal(at);
    this.#refresh();
    this.#showActive();
  }

  /** On a phone the names are a row that scrolls. */
  #showActive() {
    this.palette?.[this.active].scrollIntoView({ block: 'nearest', inline: 'center' });
  }

  /** @param {State} state */
  setState(state) {
    const joint = this.steps.now[this.active];
    if (state === 'absent') {
      this.#commit(put(this.steps.now, this.active, { state }));
      return this.#goOn(this.active);
    }
    if (joint?.at) return this.#commit(put(this.steps.now, this.active, { ...joint, state }));
    this.placing = state;
    if (joint) this.#commit(put(this.steps.now, this.active, null));
    this.#refresh();
  }

  /** @param {Point} by */
  nudge(by) {
    const joint = this.steps.now[this.active];
    if (!joint?.at) return;
    const at = onPicture({ x: joint.at.x + by.x, y: joint.at.y + by.y }, this.picture);
    this.#commit(put(this.steps.now, this.active, { ...joint, at }));
  }

  forget() {
    if (this.steps.now[this.active]) this.#commit(put(this.steps.now, this.active, null));
  }

  restAbsent() {
    if (this.steps.now.every(Boolean)) return;
    this.#commit(this.steps.now.map((joint) => joint || { state: 'absent' }));
  }

  /** Takes the model's place for the chosen point. */
  take() {
    const ghost = this.ghosts[this.active];
    if (!ghost || this.ghostsHidden || this.steps.now[this.active]) return;
    this.#commit(put(this.steps.now, this.active, ghost));
    this.#goOn(this.active);
  }

  hide() {
    this.hidden = !this.hidden;
    this.hideButton?.setAttribute('aria-pressed', String(this.hidden));
    this.view.invalidate();
  }

  undo() {
    return this.steps.undo() && (this.#changed(), true);
  }

  redo() {
    return this.steps.redo() && (this.#changed(), true);
  }

  value() {
    const { width, height } = this.picture;
    const points = writeJoints(this.steps.now, this.names);
    return points.length ? { size: [height, width], points } : null;
  }

  issues() {
    const { t, context, steps } = this;
    const open = this.labels.filter((_, index) => !steps.now[index]);
    if (!open.length || (!context.question.required && open.length === this.labels.length)) return [];
    return [t('Say where these are, or that they are not in the picture: {points}.', { points: open.slice(0, 5).map((label) => label.title).join(', ') })];
  }

  proposalShown() {
    return Boolean(this.suggests) && !this.ghostsHidden;
  }

  unmount() {
    this.view.close();
    this.root?.remove();
  }
}
