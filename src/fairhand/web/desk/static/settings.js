// @ts-check
/** How this person likes the page to behave; kept on this device only. */

const PLACE = 'fairhand-settings';

/** @typedef {{singles: boolean, direct: boolean, offline: boolean, hints: boolean, keys: Record<string, string>}} Settings
 * singles: single-key shortcuts; direct: one key answers and sends; offline: hold a batch of tasks;
 * hints: show what a model suggests before being asked to; keys: pairs that changed places */

/** @returns {Settings} */
export function readSettings() {
  const plain = { singles: true, direct: false, offline: false, hints: true, keys: {} };
  try {
    return { ...plain, ...JSON.parse(localStorage.getItem(PLACE) || '{}') };
  } catch {
    return plain;
  }
}

/** @param {Settings} settings */
export function keepSettings(settings) {
  try {
    localStorage.setItem(PLACE, JSON.stringify(settings));
  } catch {
    /* a private window: they last as long as the page */
  }
}
