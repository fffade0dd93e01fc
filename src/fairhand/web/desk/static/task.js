// @ts-check
/** Starts the task page: the first task comes with the page, everything else is asked for later. */
import { Desk } from './desk.js';
import { byId, embedded } from './dom.js';
import { Face, wireDialogs } from './face.js';
import { wireOffline } from './offline.js';
import { Feed } from './feed.js';
import { placeKeys } from './places.js';
import { keepSettings, readSettings } from './settings.js';
import { Store } from './store.js';
import { translator } from './words.js';

/**
 * @typedef {import('./types.js').NextAnswer} NextAnswer
 * @typedef {{project_id: number, person_id: number, kinds: Record<string, string>, seconds_today?: number, words?: Record<string, string>, late?: string}} Page
 */

async function start() {
  const html = '<!doctype html>\n' + document.documentElement.outerHTML;
  const page = /** @type {Page} */ (embedded('page'));
  const first = /** @type {NextAnswer} */ (embedded('task'));
  const words = page.words || {};
  const t = translator(words);
  const settings = readSettings();
  placeKeys(settings.keys);
  const opening = Store.open(page.person_id);
  const early = first.task ? new Feed(page, new Store(null)).prepare(first.task) : null;
  const store = await opening;
  const [queue, feed] = [await store.all('outbox'), new Feed(page, store)];
  await feed.restore(first.task);
  const face = new Face(t);
  const desk = new Desk({ store, feed, face, settings, t, told: page.seconds_today || 0, queue });
  wireDialogs();
  wireSettings(desk, settings);
  wireGuide(desk);

  const answered = new Set(queue.filter((item) => item.action !== 'remarks').map((item) => item.task_id));
  const fresh = first.task && !feed.isDone(first.task) && !answered.has(first.task.task_id);
  if (first.task && early && fresh) {
    desk.show(await early, feed.startValue(first.task));
    feed.hold(first.task);
  } else if (first.task || feed.ready.length) await desk.next();
  else desk.empty(200, first);
  performance.mark('usable');
  for (const kind of ['recording', 'photo']) if (page.kinds[kind]) import(page.kinds[kind]); // sends what an earlier visit left
  face.tick(desk.clock.read(performance.now()));
  desk.heardOf(first.cut);
  desk.sender.hurry().then(() => desk.open && desk.prefetch());
  keepForTunnels(html, first, page, desk);
  if (page.late) lateWords(page.late, words);
}

/** @param {Desk} desk @param {import('./settings.js').Settings} settings */
function wireSettings(desk, settings) {
  let moved = false;
  byId('open-shortcuts').addEventListener('click', async () => {
    moved = false;
    const { sheet } = await import(desk.parts.feed.page.kinds.sheet);
    sheet(byId('shortcut-list'), () => desk.bindings(), desk.t, (/** @type {Record<string, string>} */ keys) => {
      settings.keys = keys;
      keepSettings(settings);
      moved = true;
    });
  });
  byId('shortcuts').addEventListener('close', () => moved && desk.drawAgain());
  for (const name of /** @type {const} */ (['singles', 'direct', 'offline', 'hints'])) {
    const box = /** @type {HTMLInputElement} */ (byId(`set-${name}`));
    box.checked = settings[name];
    box.addEventListener('change', () => {
      settings[name] = box.checked;
      keepSettings(settings);
      document.body.classList.toggle('no-keys', !settings.singles);
      if (settings.offline) desk.prefetch();
      dispatchEvent(new CustomEvent('held'));
    });
  }
  wireOffline(desk, async (on) => {
    const box = /** @type {HTMLInputElement} */ (byId('set-offline'));
    box.checked = settings.offline = on;
    keepSettings(settings);
    if (on) await desk.prefetch();
  });
  document.body.classList.toggle('no-keys', !settings.singles);
}

/** What lies beside the work is fetched when it is first opened. @param {Desk} desk */
function wireGuide(desk) {
  const drawer = /** @type {HTMLDialogElement} */ (byId('guidelines'));
  const open = async (/** @type {boolean} */ asks) => {
    const { guide } = await import(desk.parts.feed.page.kinds.guide);
    guide(desk, asks);
  };
  byId('open-guidelines').addEventListener('click', () => drawer.open && open(false));
  byId('unclear').addEventListener('click', () => {
    if (!drawer.open) byId('open-guidelines').click();
    open(true);
  });
}

/** Words of the tools that are fetched late come late, too. @param {string} url @param {Record<string, string>} words */
async function lateWords(url, words) {
  const response = await fetch(url).catch(() => null);
  if (response?.ok) Object.assign(words, await response.json());
}

/**
 * Gives the service worker this page, its files and the pictures held, so that a reload without
 * network works from the first visit on. Sensitive tasks are never among them.
 * What is fetched late goes with it: in a tunnel there is no later.
 * @param {string} html @param {NextAnswer} first @param {Page} page @param {Desk} desk
 */
async function keepForTunnels(html, first, page, desk) {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register('/sw.js').catch(() => null);
  const worker = (await navigator.serviceWorker.ready).active;
  const { feed, settings } = desk.parts;
  const mayKeep = (/** @type {import('./types.js').TaskView | null | undefined} */ view) => view && !view.sensitive && !view.tier;
  const address = (/** @type {string} */ path) => new URL(path, location.href).href;
  const tell = () => {
    const views = [desk.open?.ready.view, ...feed.ready.map((one) => one.view)].filter(mayKeep);
    const images = views.flatMap((view) => (view?.image ? [view.image.preview_url || view.image.url] : view?.sound ? [view.sound.url, view.sound.peaks] : []));
    const saves = !settings.offline && /** @type {any} */ (navigator).connection?.saveData;
    const spared = ['gentle', ...(views.some((view) => view?.image) ? [] : ['viewer', 'deep'])];
    const tools = saves ? [] : Object.entries(page.kinds).filter(([name]) => !spared.includes(name));
    worker?.postMessage({ images, shell: tools.map(([, path]) => address(path)) });
  };
  const files = performance.getEntriesByType('resource').map((entry) => entry.name);
  const late = [page.kinds.guide, page.kinds.sheet, page.late || ''].filter(Boolean).map(address);
  const shell = [...files.filter((url) => new URL(url).pathname.startsWith('/static/')), ...late];
  const keeps = !first.task || mayKeep(first.task);
  worker?.postMessage({ shell, page: { url: location.href, html: keeps ? html : null } });
  tell();
  addEventListener('held', tell);
}

start();
