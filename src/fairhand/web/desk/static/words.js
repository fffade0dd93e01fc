// @ts-check
/** Words of the interface: the English sentence is the key, the page may bring translations. */

/**
 * @param {Record<string, string>} catalogue may be filled later; every use looks anew
 * @returns {(words: string, values?: Record<string, string | number>) => string}
 */
export function translator(catalogue) {
  return (words, values = {}) =>
    (catalogue[words] || words).replace(/\{(\w+)\}/g, (whole, name) =>
      name in values ? String(values[name]) : whole,
    );
}
