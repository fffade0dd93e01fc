// @ts-check
/**
 * Keyboard shortcuts as data: which key does what, and which binding an event means. DOM-free.
 *
 * Single characters can be turned off (WCAG 2.1.4); those with Ctrl or Command, and named keys
 * such as Escape, always work.
 *
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {import('./types.js').Label} Label
 * @typedef {{key: string, code?: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean, shiftKey?: boolean}} Press
 */

const SPARE_KEYS = '1234567890qwtyuiasdgjklxcvn';

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

/** Digits by their place on the keyboard too: a French layout needs Shift for them. @param {Press} press */
function namesOf(press) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(press.code || '');
  return digit ? [press.key.toLowerCase(), digit[1]] : [press.key.toLowerCase()];
}

/**
 * The binding that an event means, or null.
 * @param {Binding[]} bindings @param {Press} press
 * @param {{singles: boolean, typing: boolean}} state singles: single characters are on;
 *   typing: the focus is in a text field
 */
export function pick(bindings, press, state) {
  if (press.altKey) return null;
  const ctrl = Boolean(press.ctrlKey || press.metaKey);
  const names = namesOf(press);
  return (
    bindings.find((binding) => {
      if (Boolean(binding.ctrl) !== ctrl || !names.includes(binding.key.toLowerCase())) return false;
      if (ctrl && Boolean(binding.shift) !== Boolean(press.shiftKey)) return false;
      const single = !ctrl && binding.key.length === 1;
      return !(single && !state.singles) && !(state.typing && !ctrl);
    }) || null
  );
}

/** How a binding is written on a control. @param {Pick<Binding, 'key' | 'ctrl' | 'shift'>} binding */
export function nameOf(binding) {
  const named = /** @type {Record<string, string>} */ ({ ' ': 'Space', Escape: 'Esc' })[binding.key];
  const key = named || (binding.key.length === 1 ? binding.key.toUpperCase() : binding.key);
  return (binding.ctrl ? 'Ctrl+' : '') + (binding.shift ? 'Shift+' : '') + key;
}
