// @ts-check
/** Without network: which task pages are on this device, and a way to ask for the wanted page again. */
const here = document.getElementById('here');
document.getElementById('again')?.setAttribute('href', location.href);
for (const name of globalThis.caches ? await caches.keys() : []) {
  const store = await caches.open(name);
  for (const request of await store.keys()) {
    if (!here || !/^\/work\/\d+$/.test(new URL(request.url).pathname)) continue;
    const kept = await store.match(request);
    const title = new DOMParser().parseFromString((await kept?.text()) || '', 'text/html').title;
    const link = document.createElement('a');
    link.href = request.url;
    link.textContent = title.replace(/ · Fairhand$/, '') || request.url;
    const item = document.createElement('li');
    item.append(link);
    here.querySelector('ul')?.append(item);
    here.hidden = false;
  }
}
export {};
