// @ts-check
/**
 * Lessons and exams are plain forms. Questions that need a drawing tool get the desk's own, fetched
 * where it is used; its answer travels in a hidden field. The same tool, at rest, shows an answer.
 */

/** @param {string} words @param {Record<string, string | number>} [values] */
function fill(words, values = {}) {
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** @param {ParentNode} root @param {string} what @returns {any} */
function part(root, what) {
  return root.querySelector(what);
}

/** @param {string} url @returns {Promise<HTMLImageElement | null>} */
async function decoded(url) {
  const image = new Image();
  image.src = url;
  return image.decode().then(() => image, () => null);
}

/** @param {HTMLElement} root @param {any} page what the page says of its tools */
async function mountIsland(root, page) {
  const { task, question, answer } = JSON.parse(part(root, 'script').textContent);
  const kind = await import(page.kinds[question.kind]);
  const still = 'still' in root.dataset;
  const stage = part(root, '[data-stage]');
  const island = kind.mount({
    question,
    task,
    answer,
    proposal: null,
    hidden: true,
    stage,
    panel: still ? document.createElement('div') : part(root, '[data-panel]'),
    image: task.image ? await decoded(task.image.preview_url || task.image.url) : null,
    taken: new Set(),
    modules: page.modules,
    changed: () => {},
    say: () => {},
    t: (/** @type {string} */ words, /** @type {any} */ values) => fill(page.words[words] || words, values),
  });
  if (still) {
    stage.setAttribute('inert', '');
    return;
  }
  // A model's help would be no practice.
  for (const tool of root.querySelectorAll('.tool')) {
    if (tool.querySelector('span[dir]')?.textContent === (page.words.Click || 'Click')) tool.remove();
  }
  const form = root.closest('form');
  form?.addEventListener('submit', (event) => {
    const issues = island.issues();
    const told = part(form, '[data-told]');
    told.textContent = issues.join(' ');
    told.hidden = !issues.length;
    if (issues.length) event.preventDefault();
    const value = island.value();
    part(root, 'input[type=hidden]').value = value === null ? '' : JSON.stringify(value);
  });
}

const page = JSON.parse(part(document, '#tools').textContent);
const roots = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-island]'));
await Promise.all([...roots].map((root) => mountIsland(root, page)));
document.documentElement.dataset.ready = 'tools';
export {};
