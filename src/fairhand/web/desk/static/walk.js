// @ts-check
/** Going through a text by arrow keys, word by word or line by line, as its direction is. */

/** @typedef {import('./reader.js').Reader} Reader */

/** @param {Reader} reader @param {string} key @param {boolean} extend */
export function walk(reader, key, extend) {
  const stops = reader.passage.stops(reader.byWord);
  if (!stops.length) return;
  const isRtl = getComputedStyle(reader.text).direction === 'rtl';
  const to = {
    [isRtl ? 'ArrowLeft' : 'ArrowRight']: () => beside(reader, 1),
    [isRtl ? 'ArrowRight' : 'ArrowLeft']: () => beside(reader, -1),
    ArrowDown: () => inLine(reader, 1),
    ArrowUp: () => inLine(reader, -1),
    Home: () => 0,
    End: () => stops.length - 1,
  }[key];
  if (!to) return;
  reader.go(to(), extend);
  reader.active?.picked(false);
  if (reader.pick) reader.voice.say(reader.active?.told(reader.pick) || '');
}

/** @param {Reader} reader @param {1 | -1} step @returns {number} the stop beside the caret */
function beside({ caret, passage, byWord, active }, step) {
  if (caret !== null) return passage.stopAt(caret, byWord) + step;
  const from = active?.place();
  if (from) return step > 0 ? passage.stopAt(from.end, byWord) : passage.stopAt(from.start, byWord) - 1;
  return step > 0 ? 0 : passage.stops(byWord).length - 1;
}

/** @param {Reader} reader @param {1 | -1} step @returns {number} the stop above or below the caret */
function inLine({ caret, passage, byWord, painter }, step) {
  const stops = passage.stops(byWord);
  const here = caret === null ? 0 : passage.stopAt(caret, byWord);
  const middle = (/** @type {DOMRect} */ rect) => rect.left + rect.width / 2;
  const [own] = painter.rects(stops[here]);
  let best = here;
  let least = Infinity;
  let line = NaN;
  for (let at = here + step; own && at >= 0 && at < stops.length; at += step) {
    const [rect] = painter.rects(stops[at]);
    if (!rect || (rect.top - own.top) * step < own.height / 2) continue;
    if (Number.isNaN(line)) line = rect.top;
    if (Math.abs(rect.top - line) > own.height / 2) break;
    const far = Math.abs(middle(rect) - middle(own));
    if (far < least) [best, least] = [at, far];
  }
  return best;
}
