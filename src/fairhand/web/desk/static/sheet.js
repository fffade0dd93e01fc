// @ts-check
/**
 * The sheet of all shortcuts, where each can have another key. Two keys change places, so what
 * stood on the new key is not lost; the sheet says so. Fetched when it is first opened.
 */
import { el } from './dom.js';
import { chordOf, keysOf, nameOf } from './keys.js';
import { holderOf, isFree, keyPlaces, placeKeys, swapKeys } from './places.js';

/**
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {(words: string, values?: Record<string, string | number>) => string} T
 */

/** @param {HTMLElement} list @param {() => Binding[]} bindings @param {T} t
 * @param {(places: Record<string, string>) => void} keep */
export function sheet(list, bindings, t, keep) {
  const said = el('p', { role: 'status', class: 'small' });
  const groups = el('div');
  const reset = el('button', { type: 'button', class: 'button small' }, t('Every key in its own place'));
  /** Ends the wait for a key. @type {(() => void) | null} */
  let stop = null;

  const draw = (/** @type {string} */ focus = '') => {
    const all = unique(bindings());
    const titles = [...new Set(all.map((one) => one.group || t('Page')))];
    groups.replaceChildren(
      ...titles.flatMap((title) => [
        el('h3', { dir: 'auto' }, title),
        el('dl', { class: 'keys' }, ...all.filter((one) => (one.group || t('Page')) === title).flatMap((one) => row(one, all))),
      ]),
    );
    reset.hidden = !Object.keys(keyPlaces()).length;
    if (focus) /** @type {HTMLElement | null} */ (groups.querySelector(`[data-chord="${CSS.escape(focus)}"]`))?.focus();
  };

  const row = (/** @type {Binding} */ binding, /** @type {Binding[]} */ all) => {
    const name = nameOf(binding);
    const button = el(
      'button',
      { type: 'button', class: 'button small', 'data-chord': chordOf(binding), 'aria-label': t('{what}: {key}. Another key', { what: binding.does, key: name }) },
      el('kbd', {}, name),
    );
    button.addEventListener('click', () => listen(button, binding, all));
    return [el('dt', {}, button), el('dd', { dir: 'auto' }, binding.does)];
  };

  const listen = (/** @type {HTMLButtonElement} */ button, /** @type {Binding} */ binding, /** @type {Binding[]} */ all) => {
    stop?.();
    said.textContent = t('Press the key for “{what}”, or Esc to leave it.', { what: binding.does });
    button.setAttribute('aria-pressed', 'true');
    const heard = (/** @type {KeyboardEvent} */ event) => {
      if (/^(Control|Shift|Alt|Meta|AltGraph)$/.test(event.key)) return;
      if (event.key === 'Tab') return stop?.();
      event.preventDefault();
      event.stopPropagation();
      stop?.();
      if (event.key === 'Escape') return void (said.textContent = '');
      move(binding, chordOf(keysOf(event)[0]), all);
    };
    button.addEventListener('keydown', heard, true);
    stop = () => {
      stop = null;
      button.removeEventListener('keydown', heard, true);
      button.removeAttribute('aria-pressed');
    };
  };

  const move = (/** @type {Binding} */ binding, /** @type {string} */ chord, /** @type {Binding[]} */ all) => {
    if (!isFree(chord)) {
      said.textContent = t('{key} belongs to the browser. Choose another.', { key: chord });
      return;
    }
    const other = holderOf(all, chord);
    const before = nameOf(binding);
    swapKeys(chordOf(binding), chord);
    const values = { what: binding.does, key: nameOf(binding), other: other?.does || '', before };
    said.textContent =
      other && other.does !== binding.does
        ? t('“{what}” is {key} now. “{other}” had that key: it is {before} now.', { ...values, before: nameOf(other) })
        : t('“{what}” is {key} now.', values);
    keep(keyPlaces());
    draw(chordOf(binding));
  };

  reset.addEventListener('click', () => {
    placeKeys();
    keep({});
    draw();
    said.textContent = t('Every key is in its own place.');
  });
  list.replaceChildren(
    el('p', { class: 'muted small' }, t('Choose a key to give its action another. Kept on this device.')),
    said,
    groups,
    reset,
  );
  draw();
}

/** One row for each action and key. @param {Binding[]} bindings */
function unique(bindings) {
  const seen = new Set();
  return bindings.filter((one) => {
    const chord = chordOf(one);
    return !seen.has(chord) && seen.add(chord);
  });
}
