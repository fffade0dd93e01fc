// @ts-check
/** One answer of several as native radio buttons: arrow keys and screen readers work as they should. */
import { el } from './dom.js';
import { nameOf } from './keys.js';
import { wear } from './wear.js';

const RADIOS = [
  '.radios{margin:0 0 var(--s2);padding:0;border:0;min-inline-size:0}',
  '.radios legend{padding:0;margin-block-end:var(--s1);font-size:1rem}',
  '.scale{display:grid;grid-template-columns:repeat(auto-fit,minmax(var(--target),1fr));gap:2px}',
  '.scale .option{flex-direction:column;justify-content:center;gap:0;min-block-size:var(--target);padding:2px}',
  '.scale .option-title{flex:none;text-align:center}',
  '.scale input{position:absolute;opacity:0}',
  '.no-keys .key-help{display:none}',
  '@media (hover:none){.key-help{display:none}}',
  '.scale .option .hint{position:absolute;clip-path:inset(50%)}',
];

/**
 * @typedef {{value: string, title: string, key?: string}} Option
 * @typedef {{root: HTMLFieldSetElement, value: () => string | null, choose: (value: string | null) => void, focus: () => void}} Radios
 */

/**
 * @param {{name: string, legend: (Node | string | null)[], options: Option[], chosen: string | null,
 *   proposed?: string | null, suggested?: string, scale?: boolean, picked: (value: string) => void}} parts
 *   `scale`: short words side by side, the ends named above them
 * @returns {Radios}
 */
export function radios({ name, legend, options, chosen, proposed, suggested, scale, picked }) {
  wear('radios', RADIOS);
  const inputs = options.map(({ value }) => el('input', { type: 'radio', name, value, onchange: () => picked(value) }));
  const rows = options.map(({ value, title, key }, index) =>
    el(
      'label',
      { class: 'option' },
      inputs[index],
      el('span', { class: 'option-title', dir: 'auto' }, title, value === proposed ? el('span', { class: 'hint' }, suggested || '') : null),
      key ? el('kbd', {}, nameOf({ key })) : null,
    ),
  );
  const choose = (/** @type {string | null} */ value) => inputs.forEach((input) => (input.checked = input.value === value));
  choose(chosen);
  return {
    root: el('fieldset', { class: 'radios' }, el('legend', { dir: 'auto' }, ...legend), el('div', { class: scale ? 'scale' : 'options' }, ...rows)),
    value: () => inputs.find((input) => input.checked)?.value ?? null,
    choose,
    focus: () => (inputs.find((input) => input.checked) || inputs[0]).focus({ preventScroll: true }),
  };
}
