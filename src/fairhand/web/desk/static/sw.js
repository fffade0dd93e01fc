// @ts-check
/**
 * The service worker: hashed files and pictures of held tasks from the cache, pages from the
 * network and from the cache only where that gives none. It keeps what the task page tells it to keep,
 * nothing else; signing out empties it.
 */
const worker = /** @type {any} */ (self);
const SHELL = 'fairhand-shell';
const IMAGES = 'fairhand-images';
const OFFLINE = '/offline';
const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'",
};

worker.addEventListener('install', () => worker.skipWaiting());
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('message', (/** @type {any} */ event) => event.waitUntil(keep(event.data)));
worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method !== 'GET') {
    if (pathname === '/sign-out') event.waitUntil(forget());
  } else if (/^\/(static|words)\//.test(pathname)) event.respondWith(fromCache(request, true));
  else if (pathname.startsWith('/media/')) event.respondWith(fromCache(request, false));
  else if (request.mode === 'navigate') event.respondWith(page(request));
});

/** @param {{shell?: string[], page?: {url: string, html: string | null}, images?: string[]}} told */
async function keep(told) {
  const shell = await caches.open(SHELL);
  await Promise.all((told.shell || []).map((url) => fromCache(new Request(url), true)));
  if (told.page?.html) await shell.put(told.page.url, new Response(told.page.html, { headers: HEADERS }));
  else if (told.page) await shell.delete(told.page.url);
  if (told.page) await keepOffline(shell).catch(() => null);
  if (!told.images) return;
  const images = await caches.open(IMAGES);
  const wanted = told.images.map((path) => new URL(path, location.origin).href);
  for (const request of await images.keys()) if (!wanted.includes(request.url)) await images.delete(request);
  for (const url of wanted) {
    if (await images.match(url)) continue;
    const response = await fetch(url, { credentials: 'same-origin', cache: 'force-cache' }).catch(() => null);
    const open = response?.ok && !/no-store/.test(response.headers.get('Cache-Control') || '');
    if (response && open) await images.put(url, response);
  }
}

/** Keeps the page that stands in for all others without network, in its reader's language. @param {Cache} shell */
async function keepOffline(shell) {
  const answer = await fetch(OFFLINE, { credentials: 'same-origin' });
  if (!answer.ok) return;
  const html = await answer.clone().text();
  await Promise.all([...html.matchAll(/"(\/static\/[^"]+)"/g)].map(([, path]) => fromCache(new Request(path), true)));
  await shell.put(OFFLINE, answer);
}

/** @param {Request} request @param {boolean} store */
async function fromCache(request, store) {
  const found = await caches.match(request);
  if (found) return found;
  const response = await fetch(request);
  if (store && response.ok) {
    const shell = await caches.open(SHELL);
    await shell.delete(request, { ignoreSearch: true });
    await shell.put(request, response.clone());
  }
  return response;
}

/** @param {Request} request */
async function page(request) {
  try {
    const answer = await fetch(request);
    // A proxy without a server, or a server without its database, is as good as no network.
    return ([502, 503, 504].includes(answer.status) && (await caches.match(request.url))) || answer;
  } catch (error) {
    const kept = (await caches.match(request.url)) || (await caches.match(OFFLINE));
    if (kept) return kept;
    throw error;
  }
}

async function forget() {
  for (const name of await caches.keys()) await caches.delete(name);
  for (const { name } of await indexedDB.databases()) {
    if (!name?.startsWith('fairhand-')) continue;
    const request = indexedDB.open(name);
    request.onsuccess = () => {
      const base = request.result;
      const shelves = ['held', 'drafts'].filter((shelf) => base.objectStoreNames.contains(shelf));
      if (shelves.length) for (const shelf of shelves) base.transaction(shelf, 'readwrite').objectStore(shelf).clear();
      base.close();
    };
  }
}
