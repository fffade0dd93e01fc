// @ts-check
/**
 * The face of a choice whose labels stand below one another: a tree to open, and a search that
 * shows what fits with the way to it. Native radio buttons and checkboxes, as with any choice.
 */
import { el } from './dom.js';
import { nameOf } from './keys.js';
import { branchesOf, found } from './tree.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./tree.js').Branch} Branch
 */
const SEARCH_KEY = '/';

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  const { question, answer, proposal, panel, changed, t } = context;
  const multiple = Boolean(question.config.multiple);
  const chosen = new Set(answer === null ? [] : [answer].flat());
  const proposed = new Set(proposal === null ? [] : [proposal].flat());
  const branches = branchesOf(question.config.labels || [], Boolean(question.config.any_level));
  /** @type {HTMLInputElement[]} */
  const inputs = [];
  /** @type {{value: string, row: HTMLElement, within: HTMLDetailsElement[]}[]} */
  const rows = [];
  const said = el('p', { class: 'muted small', role: 'status' });

  const option = (/** @type {Branch} */ branch, /** @type {HTMLDetailsElement[]} */ within) => {
    const input = el('input', { type: multiple ? 'checkbox' : 'radio', name: `q-${question.name}`, value: branch.value, onchange: tell });
    input.checked = chosen.has(branch.value);
    inputs.push(input);
    const hint = proposed.has(branch.value) ? el('span', { class: 'hint' }, t('suggested')) : null;
    const row = el('label', { class: 'option' }, input, el('span', { class: 'option-title', dir: 'auto' }, branch.title, hint));
    rows.push({ value: branch.value, row, within });
    return row;
  };
  /** @returns {HTMLElement} */
  const grown = (/** @type {Branch} */ branch, /** @type {HTMLDetailsElement[]} */ within) => {
    if (!branch.children.length) return option(branch, within);
    const node = el('details', { class: 'branch' }, el('summary', { dir: 'auto' }, branch.title));
    const inside = [...within, node];
    if (branch.open) node.append(option(branch, inside));
    node.append(...branch.children.map((child) => grown(child, inside)));
    return node;
  };
  const search = el('input', { type: 'search', id: `find-${question.name}`, autocomplete: 'off', dir: 'auto' });
  const tree = el('div', { class: 'options tree' }, ...branches.map((branch) => grown(branch, [])));
  const field = el(
    'fieldset',
    { class: context.hidden ? 'question no-hints' : 'question' },
    el('legend', { dir: 'auto' }, question.title, question.required ? null : el('span', { class: 'muted' }, ' ', t('(optional)'))),
    multiple ? el('p', { class: 'muted small' }, t('Choose all that fit.')) : null,
    el('p', {}, el('label', { for: search.id }, t('Find a label')), ' ', el('kbd', {}, SEARCH_KEY), search),
    tree,
    said,
  );
  panel.append(field);

  const picked = () => inputs.filter((input) => input.checked).map((input) => input.value);
  const wayTo = (/** @type {string} */ value) => {
    const row = rows.find((one) => one.value === value);
    for (const node of row?.within || []) node.open = true;
    return row;
  };
  function tell() {
    const titles = picked().map((value) => pathOf(branches, value).join(' › '));
    said.textContent = titles.length ? t('Chosen: {labels}', { labels: titles.join(', ') }) : '';
    changed();
  }
  const look = () => {
    const typed = search.value.trim();
    const hits = found(branches, typed);
    for (const { value, row, within } of rows) {
      row.hidden = Boolean(typed) && !hits.has(value);
      if (typed && hits.has(value)) for (const node of within) node.open = true;
    }
    for (const node of tree.querySelectorAll('details')) node.hidden = Boolean(typed) && !node.querySelector('label:not([hidden])');
    said.textContent = typed ? t('Labels that fit: {n}', { n: hits.size }) : '';
  };
  search.addEventListener('input', look);
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && search.value) {
      search.value = '';
      look();
    } else if (event.key === 'Enter' || event.key === 'ArrowDown') {
      const first = rows.find(({ row }) => !row.hidden && row.checkVisibility?.() !== false);
      if (!search.value.trim() || !first) return;
      event.preventDefault();
      event.stopPropagation();
      const input = /** @type {HTMLInputElement} */ (first.row.querySelector('input'));
      input.checked = multiple ? !input.checked : true;
      input.focus();
      tell();
    }
  });
  for (const value of [...chosen, ...proposed]) wayTo(value);

  return {
    value: () => (picked().length ? (multiple ? picked() : picked()[0]) : null),
    issues: () => (question.required && !picked().length ? [t('“{q}” has no answer yet.', { q: question.title })] : []),
    keys: [{ key: SEARCH_KEY, does: t('Find a label'), group: question.title, run: () => search.focus() }],
    proposalShown: () => proposed.size > 0 && !field.classList.contains('no-hints'),
    ...(proposed.size && {
      hideProposal: (/** @type {boolean} */ hidden) => void field.classList.toggle('no-hints', hidden),
      accept: () => {
        inputs.forEach((input) => (input.checked = proposed.has(input.value)));
        tell();
      },
    }),
    unmount: () => field.remove(),
  };
}

/** @param {Branch[]} branches @param {string} value @returns {string[]} */
function pathOf(branches, value) {
  for (const branch of branches) {
    if (branch.value === value) return branch.path;
    const below = pathOf(branch.children, value);
    if (below.length) return below;
  }
  return [];
}
