// @ts-check
/**
 * What is said in a sound: one text, or line by line with times. The sound is played, slowed and
 * taken back by keys that work while one writes.
 */
import { el } from './dom.js';
import { nameOf } from './keys.js';
import { PLAYER_KEYS, playerOn } from './player.js';
import { clockTime, within } from './wave.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {{start: number, end: number, text: string}} Line
 */

export const stage = 'own';
export const reserved = PLAYER_KEYS;

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  const { question, answer, proposal, panel, changed, t } = context;
  const { timed, language, max_length: most } = /** @type {any} */ (question.config);
  const player = playerOn(context);
  const leave = player.join({ paint: (pen, x, height) => timed && paintLines(pen, x, height) });
  let hidden = Boolean(context.hidden);
  /** @type {{line: Line, text: HTMLTextAreaElement, row: HTMLElement, when: HTMLElement}[]} */
  let rows = [];
  const spelled = language || languageOf(context);

  const area = (/** @type {string} */ value, /** @type {string} */ name, /** @type {number} */ tall) => {
    const box = el('textarea', { rows: tall, dir: 'auto', lang: spelled || null, maxlength: most || 20000, 'aria-label': name, spellcheck: 'true', oninput: tell });
    box.value = value;
    return box;
  };
  const silent = el('input', { type: 'checkbox', onchange: tell });
  silent.checked = Boolean(answer?.nothing);
  const whole = timed ? null : area(answer?.text || '', question.title, 6);
  const lines = el('ol', { class: 'marks' });
  const ghost = proposal ? el('p', { class: 'hint', dir: 'auto', lang: spelled || null }, t('Suggested: {text}', { text: proposal.text || t('nobody speaks') })) : null;
  // What is written is never written over: the button waits until nothing is.
  const use = proposal ? el('button', { type: 'button', class: 'button small', onclick: propose }, t('Accept the suggestion')) : null;
  if (ghost && use) ghost.hidden = use.hidden = hidden;
  const next = el('button', { type: 'button', class: 'tool', onclick: () => cut() }, t('Next line from here') + ' ', el('kbd', {}, nameOf({ key: 'j', ctrl: true })));
  const field = el(
    'fieldset',
    { class: 'question' },
    el('legend', { dir: 'auto' }, question.title, question.required ? null : el('span', { class: 'muted' }, ' ', t('(optional)'))),
    ghost,
    use ? el('p', {}, use) : null,
    whole || lines,
    timed ? el('div', { class: 'toolbar' }, next) : null,
    el('label', { class: 'check' }, silent, el('span', {}, t('Nobody speaks'))),
    el('p', { class: 'muted small' }, t('While writing: {play} plays and stops, {back} goes back.', { play: nameOf({ key: ' ', ctrl: true }), back: nameOf({ key: ',', ctrl: true }) })),
  );
  panel.append(field);

  function tell() {
    if (silent.checked && words()) silent.checked = false;
    offer();
    changed();
  }
  function offer() {
    if (use) use.disabled = Boolean(words());
  }
  function propose() {
    take(proposal);
    offer();
    changed();
  }
  const words = () => (whole ? whole.value.trim() : rows.map((one) => one.text.value.trim()).join(''));

  /** @param {Line} line */
  function addRow(line) {
    const when = el('button', { type: 'button', class: 'button small', onclick: () => player.play(line) });
    const text = area(line.text, t('Line from {time}', { time: clockTime(line.start) }), 2);
    const at = (/** @type {'start' | 'end'} */ edge) => () => {
      line[edge] = edge === 'start' ? within(player.time(), 0, line.end - 10) : within(player.time(), line.start + 10, player.duration);
      sort();
      tell();
    };
    const row = el(
      'li',
      {},
      when,
      text,
      el(
        'div',
        { class: 'toolbar wraps' },
        el('button', { type: 'button', class: 'tool', onclick: at('start') }, t('Start here')),
        el('button', { type: 'button', class: 'tool', onclick: at('end') }, t('End here')),
        el('button', { type: 'button', class: 'tool', onclick: () => drop(row) }, t('Remove')),
      ),
    );
    rows.push({ line, text, row, when });
    return text;
  }
  /** @param {HTMLElement} row */
  function drop(row) {
    rows = rows.filter((one) => one.row !== row);
    sort();
    tell();
  }
  function sort() {
    rows.sort((a, b) => a.line.start - b.line.start || a.line.end - b.line.end);
    for (const { line, when, row } of rows) {
      when.textContent = `▶ ${clockTime(line.start)} – ${clockTime(line.end)}`;
      when.setAttribute('aria-label', t('Play {from} to {to}', { from: clockTime(line.start), to: clockTime(line.end) }));
      if (row.parentElement !== lines || lines.children[rows.findIndex((one) => one.row === row)] !== row) lines.append(row);
    }
    for (const row of [...lines.children]) if (!rows.some((one) => one.row === row)) row.remove();
    player.paint();
  }
  /** The line under the sound ends here and another begins; a drawn stretch becomes a line. */
  function cut() {
    const drawn = player.chosen();
    const now = player.time();
    const under = rows.find(({ line }) => line.start < now - 10 && line.end > now + 10);
    const start = drawn?.start ?? (under || !rows.length ? (rows.length ? now : 0) : Math.max(...rows.map(({ line }) => line.end), 0));
    const end = drawn?.end ?? (under ? under.line.end : player.duration);
    if (under && !drawn) under.line.end = now;
    if (end - start < 10) return context.say(t('There is no sound left for another line.'));
    player.choose(null);
    const text = addRow({ start, end, text: '' });
    sort();
    text.focus();
    tell();
  }
  /** @param {CanvasRenderingContext2D} pen @param {(ms: number) => number} x @param {number} height */
  function paintLines(pen, x, height) {
    pen.strokeStyle = pen.fillStyle = getComputedStyle(lines).getPropertyValue('--accent');
    for (const { line } of rows) pen.fillRect(x(line.start) + 1, height - 8, Math.max(2, x(line.end) - x(line.start) - 2), 6);
  }
  /** @param {any} given */
  function take(given) {
    silent.checked = Boolean(given?.nothing);
    if (whole) whole.value = given?.text || '';
    else {
      rows = [];
      lines.replaceChildren();
      for (const line of given?.segments || []) addRow({ ...line });
      sort();
    }
  }
  if (timed) {
    take(answer);
    if (!rows.length && !silent.checked) {
      addRow({ start: 0, end: player.duration, text: '' });
      sort();
    }
  }
  offer();
  const value = () => {
    if (silent.checked) return { text: '', nothing: true };
    if (!words()) return null;
    if (whole) return { text: whole.value };
    const filled = rows.filter((one) => one.text.value.trim());
    return { segments: filled.map(({ line, text }) => ({ start: line.start, end: line.end, text: text.value })) };
  };
  return {
    value,
    issues: () => (question.required && value() === null ? [t('“{q}” has no answer yet. Where nobody speaks, say so.', { q: question.title })] : []),
    keys: [...player.keys, ...(timed ? [{ key: 'j', ctrl: true, does: t('Next line from here'), group: question.title, run: cut }] : [])],
    proposalShown: () => Boolean(proposal) && !hidden,
    ...(proposal && {
      hideProposal: (/** @type {boolean} */ hide) => {
        hidden = hide;
        if (ghost && use) ghost.hidden = use.hidden = hide;
      },
      accept: propose,
    }),
    unmount: () => {
      leave();
      field.remove();
    },
  };
}

/** @param {IslandContext} context */
function languageOf(context) {
  const given = context.task.data?.language;
  return typeof given === 'string' ? given : '';
}
