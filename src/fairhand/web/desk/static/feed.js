// @ts-check
/**
 * Where tasks come from: the page's own first one, those held on this device, the server. A task
 * is handed over only when its picture is decoded and its island loaded, so drawing it is instant.
 */
import { call } from './api.js';
import { loadImage } from './stage.js';

/**
 * @typedef {import('./types.js').TaskView} TaskView
 * @typedef {import('./types.js').NextAnswer} NextAnswer
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {{mount: (context: IslandContext) => Island, reserved?: string, stage?: 'canvas' | 'own', show?: typeof import('./stage.js').showItem}} Kind
 *   `stage`: the kind shows the item itself, on a canvas that fills the page or in its own way;
 *   `show`: how the item is drawn instead of `showItem`, whether the question is asked yet or not
 * @typedef {{view: TaskView, image: HTMLImageElement | null, kinds: (Kind | null)[], viewer?: any}} Ready
 * @typedef {{id: number, milliseconds: number}} Cut
 * @typedef {{ready: Ready, cut?: Cut} | {ready: null, status: number, body: any, cut?: Cut}} Fetched
 */

const OFFLINE_BATCH = 20;

export class Feed {
  /** @param {{project_id: number, kinds: Record<string, string>}} page
   * @param {import('./store.js').Store} store */
  constructor(page, store) {
    this.page = page;
    this.store = store;
    /** @type {Ready[]} */
    this.ready = [];
    /** Answered leases, so that an old page does not ask twice. @type {Map<number, string>} */
    this.done = new Map();
    /** Answers begun, as on the device; here so that drawing never waits for its disk.
     * @type {Map<number, {task_id: number, served_at: string, value: Record<string, any>}>} */
    this.drafts = new Map();
    /** @type {Promise<void> | null} */
    this.fetching = null;
  }

  /** @param {TaskView} view @returns {Promise<Ready>} */
  async prepare(view) {
    const { bits, levels, geo } = view.image?.details || {};
    const [image, kinds] = await Promise.all([
      view.image ? loadImage(view.image.preview_url || view.image.url) : null,
      Promise.all(view.questions.map((question) => this.#kind(question.kind))),
    ]);
    const more = (Number(bits) > 8 || levels || geo) && !kinds.some((kind) => kind?.stage);
    return { view, image, kinds, viewer: more ? await this.#kind('viewer') : null };
  }

  /** @param {string} name @returns {Promise<Kind | null>} */
  async #kind(name) {
    const url = this.page.kinds[name];
    try {
      return url ? await import(url) : null;
    } catch {
      return null;
    }
  }

  /** @param {TaskView} view @returns {boolean} this very lease was already answered here */
  isDone(view) {
    return this.done.get(view.task_id) === view.lease.served_at;
  }

  /** @param {TaskView} view */
  markDone(view) {
    const record = { task_id: view.task_id, served_at: view.lease.served_at };
    this.done.set(record.task_id, record.served_at);
    this.store.put('done', record);
    this.store.remove('held', view.task_id);
    this.drafts.delete(view.task_id);
    this.store.remove('drafts', view.task_id);
  }

  /** @param {TaskView} view @param {Record<string, any>} value @returns {Promise<boolean>} kept on disk */
  keepDraft(view, value) {
    const draft = { task_id: view.task_id, served_at: view.lease.served_at, value };
    this.drafts.set(view.task_id, draft);
    return view.sensitive || view.tier ? Promise.resolve(false) : this.store.put('drafts', draft);
  }

  /** What the person had already done on this very lease. @param {TaskView} view */
  startValue(view) {
    const own = this.drafts.get(view.task_id);
    return (own?.served_at === view.lease.served_at ? own.value : view.draft?.value) ?? null;
  }

  /** Asked for twice at once, the server gives one task twice: it must not come a second time.
   * @param {TaskView} view the task that is on the desk now */
  forget(view) {
    this.ready = this.ready.filter((one) => one.view.task_id !== view.task_id);
  }

  /** @param {TaskView} view */
  markOpen(view) {
    this.done.delete(view.task_id);
    this.store.remove('done', view.task_id);
  }

  /** Brings back what an earlier visit left: answered leases, and tasks held for a tunnel.
   * @param {TaskView | null} first */
  async restore(first) {
    for (const record of await this.store.all('done')) this.done.set(record.task_id, record.served_at);
    for (const draft of await this.store.all('drafts')) this.drafts.set(draft.task_id, draft);
    const held = /** @type {TaskView[]} */ (await this.store.all('held'));
    for (const view of held) {
      if (view.project_id !== this.page.project_id || view.task_id === first?.task_id || this.isDone(view)) continue;
      this.ready.push(await this.prepare(view));
    }
  }

  /** The ids that the server need not give again. @param {number[]} others */
  known(others) {
    return [...new Set([...others, ...this.ready.map((one) => one.view.task_id)])];
  }

  /** @param {{ahead: boolean, hold: 'online' | 'offline', exclude: number[]}} wish @returns {Promise<Fetched>} */
  async fetch(wish) {
    const reply = await call('POST', `/projects/${this.page.project_id}/next`, wish);
    const view = /** @type {NextAnswer} */ (reply.body || {}).task;
    const cut = reply.body?.cut;
    if (reply.status !== 200 || !view) return { ready: null, cut, ...reply };
    this.hold(view);
    return { ready: await this.prepare(view), cut };
  }

  /** Remembered on the device, unless it must not be. @param {TaskView} view */
  hold(view) {
    if (!view.sensitive && !view.tier) this.store.put('held', view);
  }

  /**
   * Tops up what is held: one task ahead, or a batch for a day without network, none when the
   * person's phone saves data. Asked for a batch while it fetches, it goes on until that is here.
   * @param {{offline: () => boolean, others: () => number[]}} wish @param {() => void} arrived
   * @returns {Promise<void>}
   */
  prefetch(wish, arrived) {
    return (this.fetching ||= this.#fill(wish, arrived).finally(() => (this.fetching = null)));
  }

  /** @param {{offline: () => boolean, others: () => number[]}} wish @param {() => void} arrived */
  async #fill({ offline, others }, arrived) {
    const saving = /** @type {any} */ (navigator).connection?.saveData;
    while (this.ready.length < (offline() ? OFFLINE_BATCH - 1 : saving ? 0 : 1)) {
      const exclude = this.known(others());
      const got = await this.fetch({ ahead: true, hold: offline() ? 'offline' : 'online', exclude });
      const busy = new Set(this.known(others()));
      if (!got.ready || busy.has(got.ready.view.task_id) || this.isDone(got.ready.view)) return;
      this.ready.push(got.ready);
      arrived();
    }
  }
}
