// @ts-check
/**
 * Keyboard shortcuts as data: which key does what, and which binding an event means. DOM-free.
 *
 * Single characters can be turned off (WCAG 2.1.4); those with Ctrl or Command, and named keys
 * such as Escape, always work. Two keys can change places: what one did, the other does, on every
 * control of every page. So nothing can be lost, and no two actions can have one key.
 *
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {import('./types.js').Label} Label
 * @typedef {{key: string, code?: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean, shiftKey?: boolean}} Press
 * @typedef {Pick<Binding, 'key' | 'ctrl' | 'shift'>} Keys
 */

const SPARE_KEYS = '1234567890qwtyuiasdgjklxcvn';

/** Keys that changed places, both ways. One for all scripts of a page, whatever they are bundled
 * with. @type {Map<string, string>} */
export const PLACES = (/** @type {any} */ (globalThis).fairhandKeys ||= new Map());

/** A key with what is held with it, in one word: `s`, `ctrl+z`, `ctrl+shift+z`. @param {Keys} keys */
export function chordOf({ key, ctrl, shift }) {
  return (ctrl ? 'ctrl+' : '') + (shift && (ctrl || key.length > 1) ? 'shift+' : '') + (key.length > 1 ? key : key.toLowerCase());
}

/** @param {string} chord @returns {Keys} */
function placeOf(chord) {
  const [, ctrl, shift, key] = /** @type {RegExpExecArray} */ (/^(ctrl\+)?(shift\+)?(.+)$/s.exec(PLACES.get(chord) ?? chord));
  return { key, ctrl: Boolean(ctrl), shift: Boolean(shift) };
}

/**
 * One key per label: the label's own, else its name where that is one digit, else the next spare
 * one. No key is given twice, also not to two questions of one page, which share `taken`.
 * @param {Label[]} labels @param {Set<string>} [taken] @returns {string[]} '' where the keys ran out
 */
export function labelKeys(labels, taken = new Set()) {
  const claim = (/** @type {string} */ key) => (key && !taken.has(key) ? (taken.add(key), key) : '');
  const own = labels.map((label) => claim((label.key || '').toLowerCase()));
  labels.forEach((label, index) => (own[index] ||= claim(/^\d$/.test(label.value) ? label.value : '')));
  const spare = [...SPARE_KEYS].filter((key) => !taken.has(key));
  return own.map((key) => key || claim(spare.shift() || ''));
}

/** What was pressed; digits by their place on the keyboard too, a French layout needs Shift for
 * them. @param {Press} press @returns {Keys[]} */
export function keysOf(press) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(press.code || '');
  const names = digit && digit[1] !== press.key ? [press.key, digit[1]] : [press.key];
  return names.map((key) => ({ key, ctrl: Boolean(press.ctrlKey || press.metaKey), shift: Boolean(press.shiftKey) }));
}

/**
 * The binding that an event means, or null.
 * @param {Binding[]} bindings @param {Press} press
 * @param {{singles: boolean, typing: boolean}} state singles: single characters are on;
 *   typing: the focus is in a text field
 */
export function pick(bindings, press, state) {
  if (press.altKey) return null;
  for (const pressed of keysOf(press)) {
    if (!pressed.ctrl && (state.typing || (pressed.key.length === 1 && !state.singles))) continue;
    const meant = placeOf(chordOf(pressed));
    const found = bindings.find((binding) => means(binding, meant));
    if (found) return found;
  }
  return null;
}

/** Shift counts with Ctrl, and with a named key where the binding speaks of it.
 * @param {Binding} binding @param {Keys} meant */
function means(binding, meant) {
  if (Boolean(binding.ctrl) !== meant.ctrl || binding.key.toLowerCase() !== meant.key.toLowerCase()) return false;
  const counts = meant.ctrl || (meant.key.length > 1 && binding.shift !== undefined);
  return !counts || Boolean(binding.shift) === meant.shift;
}

/** How a binding is written on a control, where its key is now. @param {Keys} binding */
export function nameOf(binding) {
  const { key, ctrl, shift } = placeOf(chordOf(binding));
  const named = /** @type {Record<string, string>} */ ({ ' ': 'Space', Escape: 'Esc' })[key];
  const name = named || (key.length > 1 ? key : key.toUpperCase());
  return (ctrl ? 'Ctrl+' : '') + (shift ? 'Shift+' : '') + name;
}
