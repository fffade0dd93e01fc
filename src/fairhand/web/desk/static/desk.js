// @ts-check
/**
 * The desk: one task after another. An answer is first saved here, the next task is drawn at once,
 * and only then does anything travel.
 */
import { call, serverNow } from './api.js';
import { isAsked } from './asked.js';
import { PaidClock } from './clock.js';
import { byId, el } from './dom.js';
import { pick } from './keys.js';
import { newKey, statusLine } from './outbox.js';
import { ACCEPT_KEY, HIDE_KEY, proposalBar } from './proposal.js';
import { Quiet } from './quiet.js';
import { Sender } from './sender.js';
import { showItem, veil } from './stage.js';
import { Turns } from './turns.js';

/**
 * @typedef {import('./types.js').TaskView} TaskView
 * @typedef {import('./types.js').QueueItem} QueueItem
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./feed.js').Ready} Ready
 * @typedef {(words: string, values?: Record<string, string | number>) => string} T
 * @typedef {{ready: Ready, islands: (Island | undefined)[], slots: HTMLElement[], kept: Record<string, any>, taken: Set<string>, changes: number, savedChanges: number, shown: boolean,
 *   viewer?: {keys: Binding[], close: () => void} | null, bar: import('./proposal.js').Bar | null, gentle: import('./stage.js').Gentle | null,
 *   turns: Turns, said: any[], reserved: Set<string>, again: '' | 'submit' | 'skip'}} Open
 * @typedef {{key: string, view: TaskView, value: any, annotation: number | null, skipped: boolean}} Past
 *   what was sent from here, for undo
 * @typedef {{store: import('./store.js').Store, feed: import('./feed.js').Feed, face: import('./face.js').Face,
 *   settings: import('./settings.js').Settings, t: T, told: number, queue: QueueItem[]}} Parts
 */

const PAGE_KEYS = 'sgh?!';
const DRAFT_PAUSE_MS = 1500;
const HEARTBEAT_MS = 60000;
const CLOCK_MS = 5000;
const PAST = 50;
const RENEW_BEFORE_MS = 90000;

export class Desk {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.t = parts.t;
    this.clock = new PaidClock(parts.told);
    this.quiet = new Quiet();
    /** @type {Open | null} */
    this.open = null;
    /** What was answered here, the last one last. @type {Past[]} */
    this.past = parts.queue
      .filter((item) => item.action === 'submit' && item.state === 'waiting' && !isHard(item.task))
      .map((item) => ({ key: item.client_key, view: item.task, value: item.body.value, annotation: null, skipped: false }));
    /** An undo or redo is changing things. */
    this.turning = false;
    /** An answer is being taken back. */
    this.taking = false;
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
    byId('back').addEventListener('click', () => this.undo());
    byId('again').addEventListener('click', () => this.redo());
    document.addEventListener('keydown', (event) => this.#key(event));
    for (const event of ['online', 'uploaded']) addEventListener(event, () => this.#awake());
    addEventListener('offline', () => this.#status());
    document.addEventListener('visibilitychange', () => (document.hidden ? this.#asleep() : this.#awake()));
    addEventListener('pagehide', () => this.#asleep());
    setInterval(() => this.#heartbeat(), HEARTBEAT_MS);
    setInterval(() => this.parts.face.tick(this.clock.read(performance.now())), CLOCK_MS);
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
    const drawn = kinds.some((kind) => kind?.stage === 'canvas');
    const viewed = ready.viewer && image && !kinds.some((kind) => kind?.stage);
    byId('desk').classList.toggle('has-canvas', drawn || viewed);
    const shows = kinds.find((kind) => kind?.show)?.show || showItem;
    const { kinds: modules } = this.parts.feed.page;
    const say = (/** @type {string} */ words) => this.parts.face.say(words);
    const viewer = viewed ? ready.viewer.openViewer({ task: view, image, modules, stage, say, t: this.t }) : null;
    if (!viewed && !kinds.some((kind) => kind?.stage)) shows(stage, view, image, this.t);
    else if ((drawn || viewed) && typeof view.data?.text === 'string') showItem(stage, { ...view, image: null }, null, this.t);
    const hidden = !this.parts.settings.hints;
    const proposed = view.prediction ? HIDE_KEY + ACCEPT_KEY : '';
    const taken = new Set(PAGE_KEYS + proposed + (viewer ? 'wo+-' : '') + kinds.map((kind) => kind?.reserved || '').join(''));
    const slots = view.questions.map(() => el('div', { class: 'slot' }));
    byId('panel').append(...slots);
    this.open = { ready, islands: [], slots, kept: { ...value }, taken, changes: 0, savedChanges: 0, shown: false, bar: null, gentle: null, viewer, turns: new Turns(), said: [], reserved: new Set(taken), again: '' };
    this.#mountAsked();
    this.open.said = view.questions.map((_, index) => this.#plain(index));
    const { open } = this;
    this.#showBar(view, hidden);
    if (isHard(view)) veil(stage, view, this.parts.feed.page.kinds.gentle, this.t, () => this.skip()).then((gentle) => (open.gentle = gentle));
    dispatchEvent(new CustomEvent('held'));
    byId('desk').setAttribute('aria-label', this.t('Task {n}', { n: view.task_id }));
    byId('revising').hidden = view.revises === null;
    if (!document.hidden) this.clock.run(performance.now());
    this.#noteProposal();
    this.#status();
  }

  /** The same task once more, with what was said: keys have other places now. */
  drawAgain() {
    const { open } = this;
    if (!open) return;
    this.#saveDraft();
    const said = open.ready.view.questions.map(({ name }, index) => [name, (open.islands[index] || { value: () => open.kept[name] }).value()]);
    this.show(open.ready, Object.fromEntries(said));
  }

  /** Mounts the questions that are asked now and takes away the others; what was said is kept. */
  #mountAsked() {
    const open = /** @type {Open} */ (this.open);
    const { view, image, kinds } = open.ready;
    const asked = /** @type {Set<string>} */ (new Set());
    const value = /** @type {Record<string, any>} */ ({});
    view.questions.forEach((question, index) => {
      const { name } = question;
      let island = open.islands[index];
      if (isAsked(question, asked, value, view.data)) {
        asked.add(name);
        if (!island && !kinds[index]) return this.#cannot(question.kind);
        island ||= kinds[index]?.mount({
          question,
          task: view,
          answer: open.kept[name] ?? null,
          proposal: view.prediction?.value?.[name] ?? null,
          hidden: !this.parts.settings.hints,
          stage: byId('stage'),
          panel: open.slots[index],
          image,
          taken: open.taken,
          modules: this.parts.feed.page.kinds,
          changed: () => this.open === open && this.#changed(index),
          say: (words) => this.parts.face.say(words),
          t: this.t,
        });
        open.islands[index] = island;
        value[name] = island?.value();
      } else if (island) {
        open.kept[name] = island.value();
        this.#unmount(index);
      }
    });
  }

  /** Takes a question away; its labels' keys are free again. @param {number} index */
  #unmount(index) {
    const { islands, taken, reserved } = /** @type {Open} */ (this.open);
    for (const { key } of islands[index]?.keys || []) if (!reserved.has(key)) taken.delete(key);
    islands[index]?.unmount();
    islands[index] = undefined;
  }

  /** @param {TaskView} view @param {boolean} hidden */
  #showBar(view, hidden) {
    const { open, t } = this;
    if (!open || !view.prediction) return;
    open.bar = proposalBar({
      proposal: view.prediction,
      islands: open.islands,
      hidden,
      t,
      accept: () => this.#accept(),
      toggled: () => this.#noteProposal(),
    });
    if (open.bar) byId('panel').prepend(open.bar.root);
  }

  #accept() {
    for (const island of this.open?.islands || []) island?.accept?.();
    this.#noteProposal();
    return this.submit();
  }

  #clear() {
    clearTimeout(this.draftTimer);
    clearTimeout(this.emptyTimer);
    for (const island of this.open?.islands || []) island?.unmount();
    this.open?.viewer?.close();
    this.open?.gentle?.leave();
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
    this.clock.pause(performance.now());
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
    this.heardOf(got.cut);
    const isNew = got.ready && !this.#answered().includes(got.ready.view.task_id);
    const open = /** @type {Open | null} */ (this.open);
    if (open) {
      // meanwhile an earlier one was taken back
      if (isNew && got.ready.view.task_id !== open.ready.view.task_id) feed.ready.push(got.ready);
    } else if (isNew) {
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
    const unable = view.questions.find((_, index) => !open.ready.kinds[index]);
    if (unable) return this.#cannot(unable.kind);
    const value = this.value();
    const body = {
      value,
      version: view.version,
      prediction_id: view.prediction?.id ?? null,
      prediction_shown: open.shown,
      revises: view.revises,
    };
    const key = this.#finish('submit', body);
    this.#remember({ key, view, value, annotation: null, skipped: false });
    return this.next();
  }

  skip() {
    if (!this.open) return;
    const { view } = this.open.ready;
    const value = this.value();
    const key = this.#finish('skip', { reason: null });
    this.#remember({ key, view, value, annotation: null, skipped: true });
    return this.next();
  }

  /** @param {Past} one */
  #remember(one) {
    this.past = [...this.past.slice(1 - PAST), one];
  }

  /** Everything that must be safe before the next task is drawn.
   * @param {'submit' | 'skip'} action @param {Record<string, any>} body @returns {string} */
  #finish(action, body) {
    const { ready: { view }, gentle } = /** @type {Open} */ (this.open);
    const key = newKey(crypto);
    const worked_ms = this.clock.finish(key, performance.now());
    const visible_ms = isHard(view) ? (gentle?.done() ?? 0) : undefined;
    this.parts.feed.markDone(view);
    const task = isHard(view) ? { ...view, data: {}, talk: null, prediction: null, draft: null } : view;
    this.sender.add({
      client_key: key, action, task_id: view.task_id, task, body: { client_key: key, worked_ms, visible_ms, ...body },
      created: Date.now(), attempts: 0, due: 0, state: 'waiting',
    });
    return key;
  }

  /** One step back: in this task, and where nothing is left of it, the answer before. */
  undo() {
    const here = this.open?.turns.done.length;
    if (this.#turn('undo')) return this.#touched();
    // Steps that a question took back by itself are no reason to leave the task.
    return here ? this.#turns() : this.takeBack();
  }

  /** One step forth again, up to sending once more what was taken back. */
  redo() {
    const again = this.open?.again;
    if (this.#turn('redo')) this.#touched();
    else if (again) return this[again]();
  }

  /** @param {'undo' | 'redo'} way @returns {boolean} something changed */
  #turn(way) {
    const { open } = this;
    if (!open) return false;
    this.turning = true;
    try {
      for (let step; (step = open.turns[way]()); ) {
        if (!step.own) {
          this.#putBack(step.index, way === 'undo' ? step.before : step.after);
          return true;
        }
        if (open.islands[step.index]?.[way]?.()) return true;
      }
      return open.islands.some((island) => island?.[way]?.());
    } finally {
      this.turning = false;
    }
  }

  /** Gives a question another answer. @param {number} index @param {any} answer */
  #putBack(index, answer) {
    const { ready, kept, said } = /** @type {Open} */ (this.open);
    kept[ready.view.questions[index].name] = said[index] = answer;
    this.#unmount(index);
    this.#mountAsked();
  }

  /** The answer of a question that keeps no steps of its own. @param {number} index */
  #plain(index) {
    const island = this.open?.islands[index];
    return island && !island.undo ? island.value() : null;
  }

  /** Keeps what was before a change. @param {number} index */
  #note(index) {
    const { turns, said, islands } = /** @type {Open} */ (this.open);
    const at = performance.now();
    if (islands[index]?.undo) return turns.push({ index, own: true, at });
    const [before, after] = [said[index], this.#plain(index)];
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    turns.push({ index, before, after, at }, isText(document.activeElement));
    said[index] = after;
  }

  /** Undo of the last submit: from the outbox while it is there, else as a revision. */
  async takeBack() {
    const last = this.past.at(-1);
    if (!last || this.taking) return;
    this.taking = true;
    await this.#takeBack(last).finally(() => (this.taking = false));
  }

  /** @param {Past} last */
  async #takeBack(last) {
    const { parts, t } = this;
    const gone = () => (this.past = this.past.filter((one) => one !== last));
    const item = this.sender.queue.find((one) => one.client_key === last.key);
    if (item && this.sender.takeBack(last.key)) {
      gone();
      this.clock.resume(last.key);
      return this.#reopen(last.view, last.value, last.skipped ? 'skip' : 'submit');
    }
    if (last.skipped) {
      gone();
      this.#status();
      return parts.face.say(t('That task was skipped; it has gone to somebody else.'), 'warn');
    }
    await this.sender.hurry();
    if (last.annotation === null) {
      return parts.face.say(t('That answer is still on its way. It can be changed once it has arrived.'), 'warn');
    }
    const reply = await call('POST', `/annotations/${last.annotation}/revise`);
    if (reply.status !== 200) {
      if (reply.status) gone();
      const words = reply.status ? parts.face.words({ status: reply.status, ...reply.body }) : t('No connection. Try again when it is back.');
      this.#status();
      return parts.face.notice('back', 'warn', words);
    }
    gone();
    return this.#reopen(reply.body.task, reply.body.task.draft?.value ?? last.value);
  }

  /** Opens an earlier task; the one on the desk waits its turn. Its answer is safe on this device
   * before anything is waited for: it is in no other place now.
   * @param {TaskView} view @param {Record<string, any>} value @param {'submit' | 'skip'} again what Redo does */
  async #reopen(view, value, again = 'submit') {
    const { feed } = this.parts;
    feed.markOpen(view);
    feed.keepDraft(view, value);
    if (view.revises === null) feed.hold(view);
    const ready = await feed.prepare(view);
    this.#saveDraft();
    if (this.open) feed.ready.unshift(this.open.ready);
    this.show(ready, value);
    if (this.open) this.open.again = again;
    this.#turns();
  }

  /** @param {QueueItem} item @param {any} body */
  #sent(item, body) {
    const { t, parts } = this;
    if (item.action === 'remarks') return this.#status(t('Your words are with the owner.'));
    const guess = this.clock.pending.get(item.client_key) || 0;
    const told = body.paid ? body.paid.milliseconds / 1000 : guess;
    this.clock.acknowledge(item.client_key, told);
    for (const one of this.past) if (one.key === item.client_key) one.annotation = body.annotation_id ?? null;
    parts.face.dismiss('signin');
    this.heardOf(body.cut, item.body.worked_ms);
    const paid = body.paid ? { s: Math.round(told), amount: body.paid.amount, currency: body.paid.currency } : null;
    this.#status(paid ? t('Sent. {s} s paid, {currency} {amount}', paid) : t('Sent.'));
    if (!this.open && !this.waiting && !this.sender.queue.length) this.#ask();
  }

  /** After a quiet stretch that was cut: one question, and nothing waits for the answer.
   * @param {import('./quiet.js').Cut | undefined} told @param {number} [worked] */
  heardOf(told, worked = 0) {
    this.quiet.hear(told, worked);
    const cut = this.quiet.take(this.sender.queue.length > 0);
    if (!cut) return;
    const minutes = Math.round(cut.milliseconds / 60000);
    this.parts.face.notice('quiet', 'info', this.t('You were quiet for {n} minutes. Was this work?', { n: minutes }), [
      { name: this.t('Yes, all of it'), run: () => void this.#claim(cut) },
      { name: this.t('Part of it'), run: () => location.assign(`/earnings/time#cut-${cut.id}`) },
      { name: this.t('No'), run: () => byId('desk').focus({ preventScroll: true }) },
    ]);
  }

  /** @param {import('./quiet.js').Cut} cut */
  async #claim(cut) {
    const { face } = this.parts;
    byId('desk').focus({ preventScroll: true });
    const reply = await call('POST', '/me/time/claims', { cut: cut.id, milliseconds: cut.milliseconds });
    if (reply.status !== 200) {
      const words = reply.status ? face.words({ status: reply.status, ...reply.body }) : this.t('No connection. It is listed under My time, and can be counted there later.');
      return face.notice('quiet', 'warn', words);
    }
    const { paid, beyond } = reply.body;
    this.clock.told += paid.milliseconds / 1000;
    if (paid.milliseconds) face.say(this.t('{n} minutes more are paid.', { n: Math.round(paid.milliseconds / 60000) }), 'ok');
    if (!beyond) return;
    const words = this.t('{n} minutes go beyond the five hours a week that are paid on your word. A person looks at them.', { n: Math.ceil(beyond.milliseconds / 60000) });
    face.notice('quiet', 'info', words, [{ name: this.t('Open a dispute'), run: () => location.assign(beyond.dispute) }]);
  }

  /** @param {QueueItem} item */
  #refused(item) {
    const { t, parts } = this;
    const said = parts.face.words(item.problem || { status: 0 });
    // It is opened from here, and no longer by Undo; of hard tasks the device keeps too little for that.
    const known = this.past.find((one) => one.key === item.client_key);
    this.past = this.past.filter((one) => one !== known);
    const view = known?.view || (isHard(item.task) ? null : item.task);
    const open = () => {
      this.sender.forget(item);
      if (view) this.#reopen(view, item.body.value || {});
    };
    const actions = [
      ...(item.action === 'submit' && view ? [{ name: t('Open it again'), run: open }] : []),
      { name: t('Let it go'), run: () => this.sender.forget(item) },
    ];
    const values = { n: item.task_id, why: said || t('no reason was given.') };
    const words = item.action === 'remarks' ? t('Your question was not accepted: {why}', values) : t('Task {n} was not accepted: {why}', values);
    parts.face.notice(item.client_key, 'bad', words, actions);
  }

  /** @param {string} [otherwise] said when nothing waits */
  #status(otherwise) {
    const { parts, t } = this;
    const { queue, signedOut } = this.sender;
    this.#turns();
    const [words, values] = statusLine(queue, { online: navigator.onLine, signedOut, durable: parts.store.durable });
    if (words) parts.face.say(t(words, values), signedOut ? 'warn' : '');
    else if (otherwise || this.waits) parts.face.say(otherwise || '', 'ok');
    this.waits = Boolean(words);
    if (signedOut) {
      const again = () => location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
      parts.face.notice('signin', 'warn', t('You are signed out. Your answers are safe on this device.'), [{ name: t('Sign in again'), run: again }]);
    }
  }

  /** What Undo and Redo would do now stands on them. */
  #turns() {
    const { open, t } = this;
    const here = Boolean(open?.turns.done.length);
    const back = /** @type {HTMLButtonElement} */ (byId('back'));
    back.disabled = !here && !this.past.length;
    const name = here ? t('Undo') : t('Undo last');
    if (back.textContent !== name) back.textContent = name;
    back.title = here ? t('Take the last change back') : t('Open the task that was sent last');
    byId('again').hidden = !open || !(open.turns.undone.length || open.again);
  }

  /** @param {number} index of the question */
  #changed(index) {
    if (!this.open?.islands[index] || this.turning) return;
    this.open.again = '';
    this.#note(index);
    this.#touched();
  }

  #touched() {
    if (!this.open) return;
    if (this.open.ready.view.questions.some((question) => question.only_if)) this.#mountAsked();
    this.open.changes++;
    this.parts.face.dismiss('issues');
    this.#noteProposal();
    this.#turns();
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
    this.heardOf(reply.body?.cut);
    if (this.open !== open || this.sender.queue.length) return;
    if (reply.status >= 200 && reply.status < 300) parts.face.say(this.t('Draft saved.'));
    else if (reply.status === 0) parts.face.say(this.t('Draft saved on this device.'));
  }

  /** Tells the server that somebody is at work, and keeps what is held from running out. */
  async #heartbeat() {
    if (document.hidden || !navigator.onLine || !this.open) return;
    const soon = serverNow() + RENEW_BEFORE_MS;
    const held = this.parts.feed.ready.filter((one) => Date.parse(one.view.lease.expires_at) < soon);
    for (const { view } of [this.open.ready, ...held]) {
      const reply = await call('POST', `/tasks/${view.task_id}/heartbeat`);
      if (reply.status === 200 && reply.body?.expires_at) view.lease.expires_at = reply.body.expires_at;
      this.heardOf(reply.body?.cut);
    }
  }

  #asleep() {
    this.clock.pause(performance.now());
    this.#saveDraft(true);
  }

  #awake() {
    if (!document.hidden && this.open) this.clock.run(performance.now());
    this.#status();
    this.sender.hurry().then(() => (this.open ? this.#prefetch() : this.#ask()));
  }

  #hold() {
    return this.parts.settings.offline ? /** @type {const} */ ('offline') : /** @type {const} */ ('online');
  }

  /** Tasks that are answered here, though the server may not know it yet. @returns {number[]} */
  #answered() {
    return this.sender.queue.filter((item) => item.action !== 'remarks').map((item) => item.task_id);
  }

  async #prefetch() {
    const { feed, settings } = this.parts;
    await this.sender.flush();
    const others = () => [...this.#answered(), ...(this.open ? [this.open.ready.view.task_id] : [])];
    await feed.prefetch({ offline: () => settings.offline, others }, () => this.#held());
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
    return [
      ...(this.open?.bar?.keys || []),
      ...(this.open?.viewer?.keys || []),
      ...(this.open?.islands.flatMap((island) => island?.keys || []) || []),
      { key: 'Enter', does: t('Submit'), run: () => void this.submit() },
      { key: 'Enter', ctrl: true, does: t('Submit'), run: () => void this.submit() },
      { key: 's', does: t('Skip (paid)'), run: () => void this.skip() },
      { key: 'Backspace', ctrl: true, does: t('Undo the last submit'), run: () => void this.takeBack() },
      { key: 'z', ctrl: true, does: t('Undo'), run: () => void this.undo() },
      { key: 'z', ctrl: true, shift: true, does: t('Redo'), run: () => void this.redo() },
      { key: 'y', ctrl: true, does: t('Redo'), run: () => void this.redo() },
      { key: 'g', does: t('Guidelines'), run: () => byId('open-guidelines').click() },
      { key: '!', does: t('This is unclear'), run: () => byId('unclear').click() },
      { key: '?', does: t('Shortcuts'), run: () => byId('open-shortcuts').click() },
    ];
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog:modal')) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const typing = isText(target) || target.matches('select');
    // Who types undoes what was typed, and takes away words of it.
    if (typing && /^([zy]|Backspace)$/i.test(event.key)) return;
    if (isOwn(target, event)) return;
    const binding = pick(this.bindings(), event, { singles: this.parts.settings.singles, typing });
    if (!binding || event.repeat) return;
    event.preventDefault();
    binding.run();
    if (binding.answers && this.parts.settings.direct && this.open?.islands.length === 1) this.submit();
  }
}

/** @param {Element | null} node @returns {boolean} something is written into it */
function isText(node) {
  return Boolean(node?.matches('textarea, input:not([type=radio], [type=checkbox], [type=range]), [contenteditable]'));
}

/** @param {TaskView} view @returns {boolean} nothing of its content is kept on this device */
function isHard(view) {
  return Boolean(view.sensitive || view.tier);
}

/** Keys that a control needs for itself: Enter on buttons, and for who came to it by keyboard Space,
 * and the arrow keys that move among radio buttons and along sliders.
 * @param {Element} target @param {KeyboardEvent} press @returns {boolean} */
function isOwn(target, { key, ctrlKey, metaKey }) {
  if (ctrlKey || metaKey) return false;
  if (key === 'Enter') return Boolean(target.closest('button, a, summary'));
  const own = key === ' ' ? 'button, summary, [type=checkbox], [type=radio]:not(:checked)' : /^(Arrow|Home|End|Page)/.test(key) ? '[type=radio], [type=range]' : '';
  return own !== '' && target.matches(':focus-visible') && target.matches(own);
}
