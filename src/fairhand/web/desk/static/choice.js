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
  return (context.question.config.labels || []).some((label) => label.parent) ? late(context) : plainChoice(context);
}

/** A taxonomy's face comes in a file of its own; until it is here the answer stays as it was.
 * @param {IslandContext} context @returns {Island} */
function late(context) {
  const { question, answer, t } = context;
  /** @type {Island | null} */
  let real = null;
  let gone = false;
  import(context.modules.taxonomy).then(
    (module) => !gone && (real = module.mount(context)),
    () => context.say(t('The tools for this question could not be loaded. Reload the page.')),
  );
  const waits = t('“{q}” has no answer yet.', { q: question.title });
  return {
    value: () => (real ? real.value() : answer),
    issues: () => (real ? real.issues() : question.required && answer === null ? [waits] : []),
    get keys() {
      return real?.keys || [];
    },
    proposalShown: () => Boolean(real?.proposalShown?.()),
    ...(context.proposal !== null && {
      hideProposal: (/** @type {boolean} */ hidden) => real?.hideProposal?.(hidden),
      accept: () => real?.accept?.(),
    }),
    unmount: () => {
      gone = true;
      real?.unmount();
    },
  };
}

/** @param {IslandContext} context @returns {Island} */
function plainChoice(context) {
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
      el('span', { class: 'option-title', dir: 'auto' }, label.title || label.value, hint),
      keys[index] ? el('kbd', {}, nameOf({ key: keys[index] })) : null,
    );
  });
  const field = el(
    'fieldset',
    { class: context.hidden ? 'question no-hints' : 'question' },
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
    ].filter((binding) => binding.key),
    proposalShown: () => proposed.size > 0 && !field.classList.contains('no-hints'),
    ...(proposed.size && {
      hideProposal: (/** @type {boolean} */ hidden) => void field.classList.toggle('no-hints', hidden),
      accept: () => {
        inputs.forEach((input) => (input.checked = proposed.has(input.value)));
        changed();
      },
    }),
    unmount: () => field.remove(),
  };
}
