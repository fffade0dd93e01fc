// @ts-check
/**
 * A taxonomy as a tree: which labels stand below which, which can be chosen, and which a search
 * finds. DOM-free.
 *
 * @typedef {{value: string, title: string, path: string[], open: boolean, children: Branch[]}} Branch
 *   `path`: titles from the top down to this one; `open`: it can be chosen
 */

/** @param {{value: string, title?: string, parent?: string}[]} labels @param {boolean} anyLevel
 * @returns {Branch[]} the labels at the top, each with those below it */
export function branchesOf(labels, anyLevel) {
  const known = new Map(labels.map((label) => [label.value, /** @type {Branch} */ ({ value: label.value, title: label.title || label.value, path: [], open: true, children: [] })]));
  const tops = /** @type {Branch[]} */ ([]);
  for (const label of labels) {
    const branch = /** @type {Branch} */ (known.get(label.value));
    const above = label.parent === undefined || label.parent === null ? null : known.get(label.parent);
    (above ? above.children : tops).push(branch);
  }
  const settle = (/** @type {Branch} */ branch, /** @type {string[]} */ above) => {
    branch.path = [...above, branch.title];
    branch.open = anyLevel || !branch.children.length;
    for (const child of branch.children) settle(child, branch.path);
  };
  for (const top of tops) settle(top, []);
  return tops;
}

/** Without accents and case, so that "cafe" finds "Café". @param {string} words */
export function plain(words) {
  return words.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Values whose path holds every word that was typed. @param {Branch[]} branches @param {string} typed
 * @returns {Set<string>} */
export function found(branches, typed) {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  const hits = /** @type {Set<string>} */ (new Set());
  const look = (/** @type {Branch} */ branch) => {
    const path = plain(branch.path.join(' '));
    if (branch.open && words.every((word) => path.includes(word))) hits.add(branch.value);
    branch.children.forEach(look);
  };
  branches.forEach(look);
  return hits;
}
