// @ts-check
/**
 * The choice question: one label, or several, each with its own key shown on the control.
 * Native radio buttons and checkboxes, so arrow keys and screen readers work as they should.
 */
import { el, colourOf } from './dom.js';
import { labelKeys, nameOf } from './keys.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 */

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  const { question, answer, proposal, panel, changed, t } = context;
  const labels = question.config.labels || [];
  const multiple = Boolean(question.config.multiple);
  const keys = labelKeys(labels, context.taken);
  const chosen = new Set(answer === null ? [] : [answer].flat());
  const proposed = new Set(proposal === null ? [] : [proposal].flat());

  const inputs = labels.map((label) =>
    el('input', {
      type: multiple ? 'checkbox' : 'radio',
      name: `q-${question.name}`,
      value: label.value,
      onchange: changed,
    }),
  );
  inputs.forEach((input) => (input.checked = chosen.has(input.value)));

  const short = labels.every((label) => (label.title || label.value).length <= 3);
  const rows = labels.map((label, index) => {
    const dot = el('span', { class: 'swatch', 'aria-hidden': 'true' });
    dot.style.setProperty('--label', colourOf(label, index));
    const hint = proposed.has(label.value) ? el('span', { class: 'hint' }, t('suggested')) : null;
    return el(
      'label',
      { class: 'option' },
      inputs[index],
      label.color && !short ? dot : null,
      el('span', { class: 'option-title', dir: 'auto' }, label.title || label.value),
      hint,
      keys[index] ? el('kbd', {}, nameOf({ key: keys[index] })) : null,
    );
  });
  const field = el(
    'fieldset',
    { class: 'question' },
    el('legend', { dir: 'auto' }, question.title, question.required ? null : el('span', { class: 'muted' }, ' ', t('(optional)'))),
    question.config.subjective
      ? el('p', { class: 'muted small' }, t('There is no right answer here: say how you see it.'))
      : null,
    multiple ? el('p', { class: 'muted small' }, t('Choose all that fit.')) : null,
    short && proposed.size ? el('p', { class: 'hint', 'aria-hidden': 'true' }, t('Dashed: suggested')) : null,
    el('div', { class: short ? 'options short' : 'options' }, ...rows),
  );
  panel.append(field);

  const picked = () => inputs.filter((input) => input.checked).map((input) => input.value);
  const press = (/** @type {number} */ index) => {
    inputs[index].checked = multiple ? !inputs[index].checked : true;
    inputs[index].focus({ preventScroll: true });
    changed();
  };
  const hide = () => void field.classList.toggle('no-hints');
  return {
    value: () => (picked().length ? (multiple ? picked() : picked()[0]) : null),
    issues: () => (question.required && !picked().length ? [t('“{q}” has no answer yet.', { q: question.title })] : []),
    keys: [
      ...labels.map((label, index) => ({
        key: keys[index],
        does: label.title || label.value,
        group: question.title,
        run: () => press(index),
        answers: !multiple,
      })),
      ...(proposed.size ? [{ key: 'h', does: t('Hide or show the suggestion'), run: hide }] : []),
    ].filter((binding) => binding.key),
    proposalShown: () => proposed.size > 0 && !field.classList.contains('no-hints'),
    unmount: () => field.remove(),
  };
}
