// @ts-check
/** The few lines of DOM help that the islands share. */

/**
 * An element with attributes, listeners (`onclick`) and children. Text is always text.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, any>} [props] @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'class') node.className = value;
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** @param {string} id @returns {HTMLElement} an element that the page promises to have */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`The page has no #${id}.`);
  return node;
}

/** The data that the server put into the page. @param {string} id */
export function embedded(id) {
  return JSON.parse(byId(id).textContent || 'null');
}

const OKABE_ITO = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#7a7a7a'];

/** @param {{color?: string}} label @param {number} index @returns {string} #rrggbb */
export function colourOf(label, index) {
  const own = /^#[0-9a-f]{6}$/i.test(label.color || '') ? label.color : null;
  return own || OKABE_ITO[index % OKABE_ITO.length];
}
