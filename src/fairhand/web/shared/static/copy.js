// @ts-check
/** A button that copies the link, where the browser can. */

const button = document.getElementById('copy');
const link = document.getElementById('link');
const said = document.getElementById('copied');

if (button && link instanceof HTMLInputElement && navigator.clipboard) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(link.value);
    if (said) said.textContent = 'Copied.';
  });
}
