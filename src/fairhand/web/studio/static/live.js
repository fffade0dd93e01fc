// @ts-check
/** Keeps the project's figures current while somebody looks; without it the page is as it was. */

const EVERY_MS = 4000;
const SLOWEST_MS = 60000;
const panel = document.getElementById('panel');
let wait = EVERY_MS;

/** @returns {boolean} true while a person reads or uses something inside */
function inUse() {
  return Boolean(panel && panel.contains(document.activeElement));
}

/** @param {HTMLElement} place @param {string} html */
function replace(place, html) {
  /** @type {(one: HTMLDetailsElement, at: number) => string | number} */
  const name = (one, at) => one.id || at;
  const all = [...place.querySelectorAll('details')];
  const opened = new Set(all.map(name).filter((_, at) => all[at]?.open));
  place.innerHTML = html;
  place.querySelectorAll('details').forEach((one, at) => {
    one.open = opened.has(name(one, at));
  });
}

async function refresh() {
  if (!panel || document.hidden || inUse()) return;
  const answer = await fetch(panel.dataset.href || '', { headers: { Accept: 'text/html' } });
  if (!answer.ok || answer.redirected) throw new Error(`status ${answer.status}`);
  replace(panel, await answer.text());
}

async function turn() {
  try {
    await refresh();
    wait = EVERY_MS;
  } catch {
    wait = Math.min(wait * 2, SLOWEST_MS);
  }
  setTimeout(turn, wait);
}

if (panel) setTimeout(turn, wait);
