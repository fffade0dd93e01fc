// @ts-check
/**
 * Styles that a kind brings with it: they come with its script, so a page that never asks such a
 * question pays nothing for them, and they are there before anything is drawn.
 */

const worn = /** @type {Set<string>} */ (new Set());

/** Puts styles on, once, however often a question comes. @param {string} name @param {string[]} rules */
export function wear(name, rules) {
  if (worn.has(name)) return;
  worn.add(name);
  const sheet = new CSSStyleSheet();
  for (const rule of rules) sheet.insertRule(rule, sheet.cssRules.length);
  document.adoptedStyleSheets.push(sheet);
}
