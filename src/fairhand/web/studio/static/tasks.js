// @ts-check
/** Keys and ticks of the task browser; without it the page works by links and boxes alone. */

const OFF = 'fairhand.tasks.keys';
const rows = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('#tasks > li')]);
const every = /** @type {HTMLInputElement | null} */ (document.getElementById('every'));
const keys = /** @type {HTMLInputElement | null} */ (document.getElementById('keys'));
const told = document.getElementById('chosen');
let here = -1;

/** @param {HTMLElement} row @returns {HTMLInputElement} */
function tick(row) {
  return /** @type {HTMLInputElement} */ (row.querySelector('input[name=task]'));
}

/** @param {HTMLElement} row @returns {HTMLAnchorElement} */
function link(row) {
  return /** @type {HTMLAnchorElement} */ (row.querySelector('a'));
}

function tell() {
  const count = rows.filter((row) => tick(row).checked).length;
  if (told) told.textContent = count ? `${count} ticked` : '';
  if (every) {
    every.checked = count > 0 && count === rows.length;
    every.indeterminate = count > 0 && count < rows.length;
  }
}

/** @param {number} place */
function move(place) {
  if (!rows.length) return;
  rows[here]?.removeAttribute('data-here');
  here = Math.max(0, Math.min(rows.length - 1, place));
  rows[here].setAttribute('data-here', '');
  link(rows[here]).focus();
}

/** @param {EventTarget | null} target @returns {boolean} true where letters are typed */
function isTyping(target) {
  return target instanceof HTMLElement && target.matches(
    'input:not([type=checkbox]), textarea, select, [contenteditable]',
  );
}

/** @type {Record<string, () => void>} */
const doing = {
  j: () => move(here + 1),
  k: () => move(here - 1),
  x: () => {
    if (here < 0) return;
    tick(rows[here]).checked = !tick(rows[here]).checked;
    tell();
  },
  '/': () => document.getElementById('q')?.focus(),
  n: () => document.getElementById('further')?.click(),
};

function isOff() {
  try {
    return localStorage.getItem(OFF) === '1';
  } catch {
    return false;
  }
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (isOff() || !doing[event.key]) return;
  event.preventDefault();
  doing[event.key]();
});
document.addEventListener('focusin', (event) => {
  const row = event.target instanceof HTMLElement ? event.target.closest('#tasks > li') : null;
  const place = row instanceof HTMLElement ? rows.indexOf(row) : -1;
  if (place < 0) return;
  rows[here]?.removeAttribute('data-here');
  here = place;
  rows[here].setAttribute('data-here', '');
});
document.getElementById('tasks')?.addEventListener('change', tell);
every?.addEventListener('change', () => {
  rows.forEach((row) => {
    tick(row).checked = Boolean(every?.checked);
  });
  tell();
});
if (keys) {
  keys.checked = !isOff();
  keys.addEventListener('change', () => {
    try {
      localStorage.setItem(OFF, keys.checked ? '0' : '1');
    } catch {
      // Nothing is remembered then, and the keys work.
    }
  });
}
tell();
