// @ts-check
/**
 * The desk: one task after another. An answer is first saved here, the next task is drawn at once,
 * and only then does anything travel.
 */
import { call } from './api.js';
import { PaidClock } from './clock.js';
import { byId } from './dom.js';
import { pick } from './keys.js';
import { newKey, statusLine } from './outbox.js';
import { Sender } from './sender.js';
import { showItem, veil } from './stage.js';

/**
 * @typedef {import('./types.js').TaskView} TaskView
 * @typedef {import('./types.js').QueueItem} QueueItem
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./feed.js').Ready} Ready
 * @typedef {(words: string, values?: Record<string, string | number>) => string} T
 * @typedef {{ready: Ready, islands: Island[], changes: number, savedChanges: number, shown: boolean}} Open
 * @typedef {{store: import('./store.js').Store, feed: import('./feed.js').Feed, face: import('./face.js').Face,
 *   settings: import('./settings.js').Settings, t: T, told: number, queue: QueueItem[]}} Parts
 */

const PAGE_KEYS = 'sgh?';
const DRAFT_PAUSE_MS = 1500;
const HEARTBEAT_MS = 60000;
const CLOCK_MS = 5000;
const RENEW_BEFORE_MS = 90000;

export class Desk {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.t = parts.t;
    this.clock = new PaidClock(parts.told);
    /** @type {Open | null} */
    this.open = null;
    /** The last answer, for undo. @type {{key: string, view: TaskView, value: any, annotation: number | null} | null} */
    this.last = null;
    this.draftTimer = 0;
    this.emptyTimer = 0;
    this.waiting = false;
    /** The status line speaks of answers that wait. */
    this.waits = false;
    this.sender = new Sender(parts.store, parts.queue, {
      sent: (item, body) => this.#sent(item, body),
      refused: (item) => this.#refused(item),
      changed: () => this.#status(),
    });
    this.#wire();
  }

  #wire() {
    byId('submit').addEventListener('click', () => this.submit());
    byId('skip').addEventListener('click', () => this.skip());
    byId('back').addEventListener('click', () => this.takeBack());
    document.addEventListener('keydown', (event) => this.#key(event));
    addEventListener('online', () => this.#awake());
    addEventListener('offline', () => this.#status());
    document.addEventListener('visibilitychange', () => (document.hidden ? this.#asleep() : this.#awake()));
    addEventListener('pagehide', () => this.#asleep());
    setInterval(() => this.#heartbeat(), HEARTBEAT_MS);
    setInterval(() => this.parts.face.tick(this.clock.read(Date.now())), CLOCK_MS);
    for (const item of this.sender.queue) if (item.state === 'refused') this.#refused(item);
  }

  /** Draws a task and its answer so far. @param {Ready} ready @param {Record<string, any> | null} value */
  show(ready, value) {
    const { face } = this.parts;
    this.#clear();
    const stage = byId('stage');
    const { view, image, kinds } = ready;
    this.parts.feed.forget(view);
    face.nothing(null);
    const masked = view.questions.some((question) => question.kind === 'mask');
    byId('desk').classList.toggle('has-canvas', masked);
    if (!masked) showItem(stage, view, image, this.t);
    else if (typeof view.data?.text === 'string') showItem(stage, { ...view, image: null }, null, this.t);
    /** @type {Open} */
    const open = { ready, islands: [], changes: 0, savedChanges: 0, shown: false };
    this.open = open;
    const taken = new Set(PAGE_KEYS + kinds.map((kind) => kind?.reserved || '').join(''));
    view.questions.forEach((question, index) => {
      const kind = kinds[index];
      if (!kind) return this.#cannot(question.kind);
      open.islands[index] = kind.mount({
        question,
        task: view,
        answer: value?.[question.name] ?? null,
        proposal: view.prediction?.value?.[question.name] ?? null,
        stage,
        panel: byId('panel'),
        image,
        taken,
        changed: () => this.#changed(),
        say: (words) => face.say(words),
        t: this.t,
      });
    });
    veil(stage, view, this.t, () => this.skip());
    byId('desk').setAttribute('aria-label', this.t('Task {n}', { n: view.task_id }));
    byId('revising').hidden = view.revises === null;
    if (!document.hidden) this.clock.run(Date.now());
    this.#noteProposal();
    this.#status();
  }

  #clear() {
    clearTimeout(this.draftTimer);
    clearTimeout(this.emptyTimer);
    for (const island of this.open?.islands || []) island?.unmount();
    this.open = null;
    const stage = byId('stage');
    stage.replaceChildren();
    stage.className = 'stage';
    byId('panel').replaceChildren();
    this.parts.face.dismiss('issues');
  }

  /** @param {string} kind */
  #cannot(kind) {
    const words = this.t('This page could not load the tools for “{kind}”. Reload it, or skip the task (paid).', { kind });
    this.parts.face.notice('issues', 'bad', words);
  }

  /** The next task: a held one at once, else from the server. */
  async next() {
    this.#clear();
    const ready = this.parts.feed.ready.shift();
    if (ready) {
      this.show(ready, this.parts.feed.startValue(ready.view));
      byId('desk').focus({ preventScroll: true });
      return this.#prefetch();
    }
    this.clock.pause(Date.now());
    return this.#ask();
  }

  /** Asks the server, and says why when there is nothing. */
  async #ask() {
    if (this.waiting || this.open) return;
    this.waiting = true;
    const { feed, face } = this.parts;
    face.nothing({ title: this.t('Getting the next task'), words: '' });
    await this.sender.flush();
    const got = await feed.fetch({ ahead: false, hold: this.#hold(), exclude: this.#answered() });
    this.waiting = false;
    if (got.ready && !this.#answered().includes(got.ready.view.task_id)) {
      this.show(got.ready, feed.startValue(got.ready.view));
      this.#prefetch();
    } else if (got.ready) this.empty(0, {});
    else this.empty(got.status, got.body || {});
  }

  /** @param {number} status @param {any} body the answer of `next`, or a problem */
  empty(status, body) {
    const { face } = this.parts;
    const again = { name: this.t('Ask again'), run: () => void this.#ask() };
    const wait = Math.max(2, Number(body.retry_after_s) || 15);
    const offline = status === 0;
    const why =
      status === 200
        ? { title: this.t('Nothing to do just now'), words: body.message || '' }
        : status === 401
          ? { title: this.t('You are signed out'), words: this.t('Your answers are safe on this device. Sign in again to go on.') }
          : offline
            ? { title: this.t('No connection'), words: this.t('Your answers are saved on this device and will be sent. New tasks come when the connection is back.') }
            : { title: this.t('No task can be given'), words: face.words({ status, ...body }) };
    face.nothing({ ...why, action: again });
    clearTimeout(this.emptyTimer);
    if (status !== 401) this.emptyTimer = window.setTimeout(() => !document.hidden && this.#ask(), wait * 1000);
  }

  /** @returns {Record<string, any>} */
  value() {
    /** @type {Record<string, any>} */
    const value = {};
    this.open?.ready.view.questions.forEach((question, index) => {
      const answer = this.open?.islands[index]?.value();
      if (answer !== null && answer !== undefined) value[question.name] = answer;
    });
    return value;
  }

  submit() {
    const { open, parts } = this;
    if (!open) return;
    const { view } = open.ready;
    const issues = open.islands.flatMap((island) => island?.issues() || []);
    if (issues.length) return parts.face.notice('issues', 'warn', issues.join(' '));
    if (open.islands.filter(Boolean).length < view.questions.length) return this.#cannot('?');
    const value = this.value();
    const body = {
      value,
      prediction_id: view.prediction?.id ?? null,
      prediction_shown: open.shown,
      revises: view.revises,
    };
    const key = this.#finish('submit', body);
    this.last = { key, view, value, annotation: null };
    return this.next();
  }

  skip() {
    if (!this.open) return;
    this.#finish('skip', { reason: null });
    this.last = null;
    return this.next();
  }

  /** Everything that must be safe before the next task is drawn.
   * @param {'submit' | 'skip'} action @param {Record<string, any>} body @returns {string} */
  #finish(action, body) {
    const { view } = /** @type {Open} */ (this.open).ready;
    const now = Date.now();
    const key = newKey(crypto);
    this.clock.finish(key, now);
    this.parts.feed.markDone(view);
    const task = view.sensitive || view.tier ? { ...view, data: {}, draft: null } : view;
    this.sender.add({
      client_key: key, action, task_id: view.task_id, task, body: { client_key: key, ...body },
      created: now, attempts: 0, due: 0, state: 'waiting',
    });
    return key;
  }

  /** Undo of the last submit: from the outbox while it is there, else as a revision. */
  async takeBack() {
    const { last, parts } = this;
    if (!last) return;
    const item = this.sender.queue.find((one) => one.client_key === last.key);
    if (item && this.sender.takeBack(last.key)) {
      this.last = null;
      this.clock.acknowledge(last.key, this.clock.pending.get(last.key) || 0);
      return this.#reopen(last.view, last.value);
    }
    await this.sender.hurry();
    if (last.annotation === null) {
      return parts.face.say(this.t('That answer is still on its way. It can be changed once it has arrived.'), 'warn');
    }
    const reply = await call('POST', `/annotations/${last.annotation}/revise`);
    if (reply.status !== 200) {
      const words = reply.status ? parts.face.words({ status: reply.status, ...reply.body }) : this.t('No connection. Try again when it is back.');
      return parts.face.notice('back', 'warn', words);
    }
    this.last = null;
    return this.#reopen(reply.body.task, reply.body.task.draft?.value ?? last.value);
  }

  /** Opens an earlier task; the one on the desk waits its turn.
   * @param {TaskView} view @param {Record<string, any>} value */
  async #reopen(view, value) {
    const { feed } = this.parts;
    await this.#saveDraft();
    if (this.open) feed.ready.unshift(this.open.ready);
    feed.markOpen(view);
    this.show(await feed.prepare(view), value);
  }

  /** @param {QueueItem} item @param {any} body */
  #sent(item, body) {
    const { t, parts } = this;
    const guess = this.clock.pending.get(item.client_key) || 0;
    const told = body.paid ? body.paid.milliseconds / 1000 : guess;
    this.clock.acknowledge(item.client_key, told);
    if (this.last?.key === item.client_key) this.last.annotation = body.annotation_id ?? null;
    parts.face.dismiss('signin');
    const paid = body.paid ? { s: Math.round(told), amount: body.paid.amount, currency: body.paid.currency } : null;
    this.#status(paid ? t('Sent. {s} s paid, {currency} {amount}', paid) : t('Sent.'));
    if (!this.open && !this.waiting && !this.sender.queue.length) this.#ask();
  }

  /** @param {QueueItem} item */
  #refused(item) {
    const { t, parts } = this;
    const said = parts.face.words(item.problem || { status: 0 });
    const open = () => {
      this.sender.forget(item);
      this.#reopen(item.task, item.body.value || {});
    };
    const actions = [
      ...(item.action === 'submit' ? [{ name: t('Open it again'), run: open }] : []),
      { name: t('Let it go'), run: () => this.sender.forget(item) },
    ];
    parts.face.notice(item.client_key, 'bad', t('Task {n} was not accepted: {why}', { n: item.task_id, why: said || t('no reason was given.') }), actions);
  }

  /** @param {string} [otherwise] said when nothing waits */
  #status(otherwise) {
    const { parts, t } = this;
    const { queue, signedOut } = this.sender;
    /** @type {HTMLButtonElement} */ (byId('back')).disabled = !this.last;
    const [words, values] = statusLine(queue, { online: navigator.onLine, signedOut, durable: parts.store.durable });
    if (words) parts.face.say(t(words, values), signedOut ? 'warn' : '');
    else if (otherwise || this.waits) parts.face.say(otherwise || '', 'ok');
    this.waits = Boolean(words);
    if (signedOut) {
      const again = () => location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
      parts.face.notice('signin', 'warn', t('You are signed out. Your answers are safe on this device.'), [{ name: t('Sign in again'), run: again }]);
    }
  }

  #changed() {
    if (!this.open) return;
    this.open.changes++;
    this.parts.face.dismiss('issues');
    this.#noteProposal();
    clearTimeout(this.draftTimer);
    this.draftTimer = window.setTimeout(() => this.#saveDraft(), DRAFT_PAUSE_MS);
  }

  #noteProposal() {
    if (this.open?.islands.some((island) => island?.proposalShown?.())) this.open.shown = true;
  }

  /** On this device first, then on the server. @param {boolean} [leaving] */
  async #saveDraft(leaving = false) {
    const { open, parts } = this;
    clearTimeout(this.draftTimer);
    if (!open || open.changes === open.savedChanges) return;
    open.savedChanges = open.changes;
    const { view } = open.ready;
    const value = this.value();
    await parts.feed.keepDraft(view, value);
    const reply = await call('PUT', `/tasks/${view.task_id}/draft`, { value }, { keepalive: leaving });
    if (this.open !== open || this.sender.queue.length) return;
    if (reply.status >= 200 && reply.status < 300) parts.face.say(this.t('Draft saved.'));
    else if (reply.status === 0) parts.face.say(this.t('Draft saved on this device.'));
  }

  /** Tells the server that somebody is at work, and keeps what is held from running out. */
  async #heartbeat() {
    if (document.hidden || !navigator.onLine || !this.open) return;
    const soon = Date.now() + RENEW_BEFORE_MS;
    const held = this.parts.feed.ready.filter((one) => Date.parse(one.view.lease.expires_at) < soon);
    for (const { view } of [this.open.ready, ...held]) {
      const reply = await call('POST', `/tasks/${view.task_id}/heartbeat`);
      if (reply.status === 200 && reply.body?.expires_at) view.lease.expires_at = reply.body.expires_at;
    }
  }

  #asleep() {
    this.clock.pause(Date.now());
    this.#saveDraft(true);
  }

  #awake() {
    if (!document.hidden && this.open) this.clock.run(Date.now());
    this.#status();
    this.sender.hurry().then(() => (this.open ? this.#prefetch() : this.#ask()));
  }

  #hold() {
    return this.parts.settings.offline ? /** @type {const} */ ('offline') : /** @type {const} */ ('online');
  }

  /** Tasks that are answered here, though the server may not know it yet. @returns {number[]} */
  #answered() {
    return this.sender.queue.map((item) => item.task_id);
  }

  async #prefetch() {
    const { feed, settings } = this.parts;
    await this.sender.flush();
    const others = () => [...this.#answered(), ...(this.open ? [this.open.ready.view.task_id] : [])];
    await feed.prefetch({ offline: settings.offline, others }, () => this.#held());
  }

  /** A task arrived while none was on the desk, or more are held now. */
  #held() {
    if (!this.open && !this.waiting) this.next();
    dispatchEvent(new CustomEvent('held'));
  }

  prefetch() {
    return this.#prefetch();
  }

  /** @returns {Binding[]} every shortcut that works now */
  bindings() {
    const { t } = this;
    const undo = (/** @type {'undo' | 'redo'} */ way) => () => void this.open?.islands.some((island) => island?.[way]?.());
    return [
      ...(this.open?.islands.flatMap((island) => island?.keys || []) || []),
      { key: 'Enter', does: t('Submit'), run: () => void this.submit() },
      { key: 'Enter', ctrl: true, does: t('Submit'), run: () => void this.submit() },
      { key: 's', does: t('Skip (paid)'), run: () => void this.skip() },
      { key: 'Backspace', ctrl: true, does: t('Undo the last submit'), run: () => void this.takeBack() },
      { key: 'z', ctrl: true, does: t('Undo'), run: undo('undo') },
      { key: 'z', ctrl: true, shift: true, does: t('Redo'), run: undo('redo') },
      { key: 'y', ctrl: true, does: t('Redo'), run: undo('redo') },
      { key: 'g', does: t('Guidelines'), run: () => byId('open-guidelines').click() },
      { key: '?', does: t('Shortcuts'), run: () => byId('open-shortcuts').click() },
    ];
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const typing = target.matches('textarea, select, input:not([type=radio], [type=checkbox], [type=range]), [contenteditable]');
    if (event.key === 'Enter' && !event.ctrlKey && target.closest('button, a, summary')) return;
    const binding = pick(this.bindings(), event, { singles: this.parts.settings.singles, typing });
    if (!binding || event.repeat) return;
    event.preventDefault();
    binding.run();
    if (binding.answers && this.parts.settings.direct && this.open?.islands.length === 1) this.submit();
  }
}
