// @ts-check
/**
 * Keys that changed places, as a person chose them: what one did, the other does. So nothing can be
 * lost, and no two actions can have one key. DOM-free.
 *
 * @typedef {import('./types.js').Binding} Binding
 */
import { PLACES, chordOf } from './keys.js';

/** Lets two keys change places; one that had another place before goes back first.
 * @param {string} one @param {string} other */
export function swapKeys(one, other) {
  for (const chord of [one, other]) {
    const place = PLACES.get(chord);
    if (place !== undefined) PLACES.delete(place);
    PLACES.delete(chord);
  }
  if (one !== other) PLACES.set(one, other).set(other, one);
}

/** Every key in its own place, but for these pairs. @param {Record<string, string>} [places] */
export function placeKeys(places = {}) {
  PLACES.clear();
  for (const [one, other] of Object.entries(places)) if (typeof other === 'string') swapKeys(one, other);
}

/** @returns {Record<string, string>} each pair once */
export function keyPlaces() {
  return Object.fromEntries([...PLACES].filter(([one, other]) => one < other));
}

/** Keys that browsers and screen readers keep for themselves, or that everything else rests on. */
const NOT_OURS = new Set(['Tab', 'Escape', ...[...'acvxtnwrplfq'].map((key) => `ctrl+${key}`)]);

/** @param {string} chord @returns {boolean} it can be given to an action */
export function isFree(chord) {
  const bare = chord.replace(/^(ctrl\+)?(shift\+)?/, '');
  return !NOT_OURS.has(chord) && !/^(Control|Shift|Alt|Meta|AltGraph|CapsLock|Dead|Process|Unidentified|F\d+)$/.test(bare);
}

/** The action that has a key now. @param {Binding[]} bindings @param {string} chord */
export function holderOf(bindings, chord) {
  return bindings.find((binding) => (PLACES.get(chordOf(binding)) ?? chordOf(binding)) === chord) || null;
}
