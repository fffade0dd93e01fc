// @ts-check
/**
 * Labelled stretches of a sound. A label's key begins a stretch where the sound is, and ends it
 * when it is pressed again, also while it plays; or a stretch is drawn with mouse or finger and
 * then given its label. Every stretch is in a list, where it can be heard, moved and taken away.
 */
import { colourOf, el } from './dom.js';
import { labelKeys, nameOf } from './keys.js';
import { PLAYER_KEYS, playerOn } from './player.js';
import { clockTime, within, withSegment } from './wave.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {{start: number, end: number, label: string}} Segment
 */

export const stage = 'own';
export const reserved = PLAYER_KEYS + 'ionpx';

const LEAST_MS = 10;

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  const { question, answer, proposal, panel, changed, say, t, taken } = context;
  const labels = question.config.labels || [];
  const alone = /** @type {any} */ (question.config).overlap === false;
  const keys = labelKeys(labels, taken);
  const names = new Map(labels.map((label) => [label.value, label.title || label.value]));
  const colours = new Map(labels.map((label, index) => [label.value, colourOf(label, index)]));
  const player = playerOn(context);
  const own = question.title;

  /** @type {{segments: Segment[], nothing: boolean}} */
  let state = { segments: answer?.segments || [], nothing: Boolean(answer?.nothing) };
  /** @type {typeof state[]} */
  const before = [];
  /** @type {typeof state[]} */
  const after = [];
  /** Begun and not ended: label to where. @type {Map<string, number>} */
  const running = new Map();
  let picked = -1;
  let hidden = Boolean(context.hidden);

  const nothing = el('input', { type: 'checkbox', onchange: () => put({ segments: nothing.checked ? [] : state.segments, nothing: nothing.checked }) });
  const list = el('ol', { class: 'marks', 'aria-label': t('Marked stretches') });
  const buttons = labels.map((label, index) => {
    const dot = el('span', { class: 'swatch', 'aria-hidden': 'true' });
    dot.style.setProperty('--label', colourOf(label, index));
    const key = keys[index] ? el('kbd', {}, nameOf({ key: keys[index] })) : null;
    return el('button', { type: 'button', class: 'tool', 'aria-pressed': 'false', onclick: () => press(label.value) }, dot, ` ${names.get(label.value)} `, key);
  });
  const tool = (/** @type {string} */ key, /** @type {string} */ words, /** @type {() => void} */ run) => {
    bindings.push({ key, does: words, group: own, run });
    return el('button', { type: 'button', class: 'tool', onclick: run }, words + ' ', el('kbd', {}, nameOf({ key })));
  };
  /** @type {Binding[]} */
  const bindings = labels
    .map((label, index) => ({ key: keys[index], does: String(names.get(label.value)), group: own, run: () => press(label.value) }))
    .filter((binding) => binding.key);
  const edit = [
    tool('i', t('Start here'), () => move('start')),
    tool('o', t('End here'), () => move('end')),
    tool('p', t('Previous'), () => pick(picked - 1)),
    tool('n', t('Next'), () => pick(picked + 1)),
    tool('x', t('Remove'), remove),
  ];
  const propose = () => put({ segments: proposal.segments || [], nothing: Boolean(proposal.nothing) });
  const use = proposal ? el('p', { hidden }, el('button', { type: 'button', class: 'button small', onclick: propose }, t('Accept the suggestion'))) : null;
  const field = el(
    'fieldset',
    { class: 'question' },
    el('legend', { dir: 'auto' }, own, question.required ? null : el('span', { class: 'muted' }, ' ', t('(optional)'))),
    el('p', { class: 'muted small' }, t('Press a label where it begins, and again where it ends. Or draw a stretch, then press a label.')),
    use,
    el('div', { class: 'toolbar palette', role: 'toolbar', 'aria-label': t('Labels') }, ...buttons),
    list,
    el('div', { class: 'toolbar wraps', role: 'toolbar', 'aria-label': t('The chosen stretch') }, ...edit),
    el('label', { class: 'check' }, nothing, el('span', {}, t('There is nothing to mark'))),
  );
  panel.append(field);

  /** @param {typeof state} next @param {number} [choose] */
  function put(next, choose = -1) {
    before.push(state);
    after.length = 0;
    state = next;
    picked = choose;
    show();
    changed();
  }
  /** Begins or ends a stretch, or labels the one that is drawn. @param {string} label */
  function press(label) {
    const drawn = player.chosen();
    const begun = running.get(label);
    if (drawn && drawn.end - drawn.start >= LEAST_MS) {
      player.choose(null);
      return add({ ...drawn, label });
    }
    if (begun === undefined) {
      running.set(label, player.time());
      say(t('{label} begins at {time}. Press again where it ends.', { label: String(names.get(label)), time: clockTime(player.time()) }));
      return show();
    }
    running.delete(label);
    const [start, end] = [begun, player.time()].sort((a, b) => a - b);
    if (end - start < LEAST_MS) return show();
    add({ start, end, label });
  }
  /** @param {Segment} segment */
  function add(segment) {
    const segments = withSegment(state.segments, segment, alone);
    const at = segments.findIndex((one) => one.label === segment.label && one.start <= segment.start && one.end >= segment.end);
    put({ segments, nothing: false }, at);
    const { start, end, label } = segments[at];
    say(t('{label}, {from} to {to}', { label: String(names.get(label)), from: clockTime(start), to: clockTime(end) }));
  }
  /** @param {'start' | 'end'} edge */
  function move(edge) {
    const one = state.segments[picked];
    if (!one) return say(t('Choose a stretch first.'));
    const time = edge === 'start' ? within(player.time(), 0, one.end - LEAST_MS) : within(player.time(), one.start + LEAST_MS, player.duration);
    const rest = state.segments.filter((_, index) => index !== picked);
    const moved = { ...one, [edge]: time };
    const segments = withSegment(rest, moved, alone);
    put({ segments, nothing: false }, segments.findIndex((each) => each.label === one.label && each.start <= moved.start && each.end >= moved.end));
  }
  function remove() {
    if (!state.segments[picked]) return say(t('Choose a stretch first.'));
    const segments = state.segments.filter((_, index) => index !== picked);
    put({ segments, nothing: false }, Math.min(picked, segments.length - 1));
  }
  /** @param {number} index */
  function pick(index) {
    if (!state.segments.length) return;
    picked = within(index, 0, state.segments.length - 1);
    const one = state.segments[picked];
    player.play(one);
    show();
    list.children[picked]?.scrollIntoView({ block: 'nearest' });
  }
  function show() {
    nothing.checked = state.nothing;
    const rows = state.segments.map((one, index) => {
      const dot = el('span', { class: 'swatch', 'aria-hidden': 'true' });
      dot.style.setProperty('--label', colours.get(one.label) || '');
      const words = t('{label}, {from} to {to}', { label: String(names.get(one.label)), from: clockTime(one.start), to: clockTime(one.end) });
      return el('li', {}, el('button', { type: 'button', class: 'tool', 'aria-pressed': String(index === picked), onclick: () => pick(index) }, dot, ' ', words));
    });
    const had = list.contains(document.activeElement);
    list.replaceChildren(...rows);
    if (had) /** @type {HTMLElement | null} */ (list.children[picked]?.firstElementChild)?.focus();
    labels.forEach((label, index) => buttons[index].setAttribute('aria-pressed', String(running.has(label.value))));
    player.paint();
  }
  const lane = (/** @type {string} */ label, /** @type {number} */ height) => {
    const row = labels.findIndex((one) => one.value === label);
    const tall = Math.min(14, (height * 0.6) / Math.max(1, labels.length));
    return { top: height - (row + 1) * (tall + 2), tall };
  };
  const leave = player.join({
    paint: (pen, x, height) => {
      const box = (/** @type {Segment} */ one, /** @type {boolean} */ ghost, /** @type {boolean} */ chosen) => {
        const { top, tall } = lane(one.label, height);
        const [left, width] = [x(one.start), Math.max(2, x(one.end) - x(one.start))];
        pen.fillStyle = pen.strokeStyle = colours.get(one.label) || '#888';
        pen.globalAlpha = ghost ? 0.35 : 1;
        pen.fillRect(left, top, width, tall);
        pen.globalAlpha = 1;
        if (!chosen) return;
        pen.globalAlpha = 0.2;
        pen.fillRect(left, 0, width, height);
        pen.globalAlpha = 1;
        pen.lineWidth = 2;
        pen.strokeRect(left, 1, width, height - 2);
      };
      if (proposal && !hidden) for (const one of proposal.segments || []) box(one, true, false);
      state.segments.forEach((one, index) => box(one, false, index === picked));
      for (const [label, start] of running) box({ start: Math.min(start, player.time()), end: Math.max(start, player.time()), label }, true, false);
    },
    chosen: ({ start, end }) => say(t('{from} to {to} is drawn. Press a label.', { from: clockTime(start), to: clockTime(end) })),
    pressed: (ms) => {
      const at = state.segments.findIndex((one) => ms >= one.start && ms <= one.end);
      picked = at;
      show();
      return false;
    },
  });
  show();

  const step = (/** @type {typeof before} */ from, /** @type {typeof before} */ to) => {
    const next = from.pop();
    if (!next) return false;
    to.push(state);
    state = next;
    picked = -1;
    show();
    changed();
    return true;
  };
  return {
    value: () => (state.segments.length ? { segments: state.segments } : state.nothing ? { segments: [], nothing: true } : null),
    issues: () => [
      ...(question.required && !state.segments.length && !state.nothing ? [t('“{q}” has no answer yet. Where there is nothing to mark, say so.', { q: own })] : []),
      ...[...running.keys()].map((label) => t('{label} has begun and not ended.', { label: String(names.get(label)) })),
    ],
    keys: [...bindings, { key: 'Delete', does: t('Remove'), group: own, run: remove }, ...player.keys],
    undo: () => step(before, after),
    redo: () => step(after, before),
    proposalShown: () => Boolean(proposal) && !hidden,
    ...(proposal && {
      hideProposal: (/** @type {boolean} */ hide) => {
        hidden = hide;
        if (use) use.hidden = hide;
        player.paint();
      },
      accept: propose,
    }),
    unmount: () => {
      leave();
      field.remove();
    },
  };
}
