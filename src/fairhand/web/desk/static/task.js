// @ts-check
/** Starts the task page: the first task comes with the page, everything else is asked for later. */
import { Desk } from './desk.js';
import { byId, embedded } from './dom.js';
import { Face, wireDialogs } from './face.js';
import { Feed } from './feed.js';
import { keepSettings, readSettings } from './settings.js';
import { Store } from './store.js';
import { translator } from './words.js';

/**
 * @typedef {import('./types.js').NextAnswer} NextAnswer
 * @typedef {{project_id: number, person_id: number, kinds: Record<string, string>, seconds_today?: number, words?: Record<string, string>}} Page
 */

async function start() {
  const html = '<!doctype html>\n' + document.documentElement.outerHTML;
  const page = /** @type {Page} */ (embedded('page'));
  const first = /** @type {NextAnswer} */ (embedded('task'));
  const t = translator(page.words || {});
  const settings = readSettings();
  const opening = Store.open(page.person_id);
  const early = first.task ? new Feed(page, new Store(null)).prepare(first.task) : null;
  const store = await opening;
  const [queue, feed] = [await store.all('outbox'), new Feed(page, store)];
  await feed.restore(first.task);
  const face = new Face(t);
  const desk = new Desk({ store, feed, face, settings, t, told: page.seconds_today || 0, queue });
  wireDialogs();
  wireSettings(desk, settings);

  const answered = new Set(queue.map((item) => item.task_id));
  const fresh = first.task && !feed.isDone(first.task) && !answered.has(first.task.task_id);
  if (first.task && early && fresh) {
    desk.show(await early, feed.startValue(first.task));
    feed.hold(first.task);
  } else if (first.task || feed.ready.length) await desk.next();
  else desk.empty(200, first);
  performance.mark('usable');
  face.tick(desk.clock.read(Date.now()));
  desk.sender.hurry().then(() => desk.open && desk.prefetch());
  keepForTunnels(html, first, feed, desk);
}

/** @param {Desk} desk @param {import('./settings.js').Settings} settings */
function wireSettings(desk, settings) {
  byId('open-shortcuts').addEventListener('click', () => desk.parts.face.sheet(desk.bindings()));
  for (const name of /** @type {const} */ (['singles', 'direct', 'offline'])) {
    const box = /** @type {HTMLInputElement} */ (byId(`set-${name}`));
    box.checked = settings[name];
    box.addEventListener('change', () => {
      settings[name] = box.checked;
      keepSettings(settings);
      document.body.classList.toggle('no-keys', !settings.singles);
      if (settings.offline) desk.prefetch();
    });
  }
  document.body.classList.toggle('no-keys', !settings.singles);
}

/**
 * Gives the service worker this page, its files and the pictures held, so that a reload without
 * network works from the first visit on. Sensitive tasks are never among them.
 * @param {string} html @param {NextAnswer} first @param {Feed} feed @param {Desk} desk
 */
async function keepForTunnels(html, first, feed, desk) {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register('/sw.js').catch(() => null);
  const worker = (await navigator.serviceWorker.ready).active;
  const mayKeep = (/** @type {import('./types.js').TaskView | null | undefined} */ view) => view && !view.sensitive && !view.tier;
  const tell = () => {
    const views = [desk.open?.ready.view, ...feed.ready.map((one) => one.view)].filter(mayKeep);
    const images = views.flatMap((view) => (view?.image ? [view.image.preview_url || view.image.url] : []));
    worker?.postMessage({ images });
  };
  const files = performance.getEntriesByType('resource').map((entry) => entry.name);
  const shell = files.filter((url) => new URL(url).pathname.startsWith('/static/'));
  const keeps = !first.task || mayKeep(first.task);
  worker?.postMessage({ shell, page: { url: location.href, html: keeps ? html : null } });
  tell();
  addEventListener('held', tell);
}

start();
