// @ts-check
/**
 * A reviewer's page: single keys for what is said most often, and the task is kept while it is
 * looked at. Everything works without this; then a task is kept for ten minutes at a time.
 */
const KEPT = 'fairhand-review-keys';
const EVERY_MS = 120_000;

const page = /** @type {HTMLElement} */ (document.getElementById('review'));
const box = /** @type {HTMLInputElement} */ (document.getElementById('keys'));

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable], .island') !== null;
}

/** @param {KeyboardEvent} event */
function press(event) {
  if (!box.checked || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const found = /** @type {HTMLElement | null} */ (page.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`));
  if (!found) return;
  event.preventDefault();
  found.click();
  const details = found.closest('details');
  if (found.tagName === 'SUMMARY' && details) {
    details.open = true;
    const first = /** @type {HTMLElement | null} */ (details.querySelector('input:not([type=hidden]), textarea'));
    first?.focus();
  }
}

async function keep() {
  if (document.visibilityState !== 'visible') return;
  const body = new URLSearchParams({ csrf_token: page.dataset.token || '' });
  const answer = await fetch(page.dataset.keep || '', { method: 'POST', body }).catch(() => null);
  const lost = document.getElementById('lost');
  if (answer && answer.status === 409 && lost) lost.hidden = false;
}

box.checked = localStorage.getItem(KEPT) !== 'off';
box.addEventListener('change', () => localStorage.setItem(KEPT, box.checked ? 'on' : 'off'));
document.addEventListener('keydown', press);
setInterval(keep, EVERY_MS);
export {};
