// @ts-check
/**
 * What lies under the tools: the preview at once, the file itself as soon as the display shows
 * more than the preview has. Light (window and level), tiles of large pictures and places on the
 * map are fetched late, by who needs them.
 *
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {import('./types.js').Picture} Picture
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./canvas.js').CanvasView} CanvasView
 * @typedef {Pick<IslandContext, 'task' | 'image' | 'modules' | 'stage' | 't' | 'say'>} PictureContext
 *
 * @typedef {object} Under
 * @property {Picture} picture
 * @property {(url: string, before?: () => void) => Promise<void>} load shows another file in its place
 * @property {string} wanted the file that is to be shown; '' while the preview is enough
 * @property {CanvasImageSource | null} image what is shown, as it came
 * @property {((image: CanvasImageSource) => CanvasImageSource) | null} tone how it is lit
 * @property {() => void} show lights it and draws it
 * @property {HTMLElement} stage
 * @property {HTMLElement} bar a corner of the stage, for controls
 * @property {HTMLButtonElement} button
 * @property {PictureContext['t']} t
 */
import { el } from './dom.js';
import { nameOf } from './keys.js';

/** Opens and closes the light's controls; every kind that draws keeps it from its labels. */
const LIGHT_KEY = 'w';
let failures = 0;

/** @param {CanvasView} view @param {PictureContext} context
 * @returns {{keys: Binding[]}} what a kind adds to its own keys */
export function layPicture(view, context) {
  const { t, image: preview } = context;
  const picture = /** @type {Picture} */ (context.task.image);
  const { bits, levels, geo } = picture.details || {};
  const run = () => void deep().then((tools) => tools?.light());
  const button = el('button', { type: 'button', class: 'tool', 'aria-expanded': 'false', onclick: run }, t('Light'), el('kbd', {}, nameOf({ key: LIGHT_KEY })));
  /** @type {Under} */
  const under = {
    picture, t, button, stage: context.stage, image: preview, tone: null,
    bar: el('div', { class: 'stage-tools' }, button),
    show() {
      if (under.image) view.show(under.tone ? under.tone(under.image) : under.image);
    },
    async load(url, before) {
      const full = new Image();
      full.src = under.wanted = url;
      await full.decode();
      if (url !== under.wanted || view.ended.signal.aborted) return;
      under.image = full;
      before?.();
      under.show();
    },
    wanted: '',
  };
  context.stage.append(under.bar);
  view.ended.signal.addEventListener('abort', () => under.bar.remove());

  /** A module that could not be had is remembered as such, by its address; so each try has its own.
   * @type {Promise<{light: () => void} | null> | null} */
  let fetched = null;
  const deep = () =>
    (fetched ||= import(`${context.modules.deep}#${failures}`).then(
      (module) => module.deepen(view, under),
      () => (context.say(t('No connection. The picture stays as it is.')), failures++, (fetched = null)),
    ));

  /** @param {number} scale device pixels for each image pixel */
  view.zoomed = (scale) => {
    const saving = /** @type {any} */ (navigator).connection?.saveData;
    if (!preview || under.wanted || levels || saving) return;
    const enough = preview.naturalWidth >= picture.width || scale * picture.width <= preview.naturalWidth * 1.2;
    if (enough && !(Number(bits) > 8)) return;
    under.load(picture.url).catch(() => (under.wanted = ''));
  };
  under.show();
  view.zoomed(view.view.scale * (devicePixelRatio || 1));
  if (levels || geo) deep();
  return { keys: [{ key: LIGHT_KEY, does: t('Light'), group: t('Picture'), run }] };
}
