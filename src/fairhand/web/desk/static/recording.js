// @ts-check
/**
 * Records a voice: words to read aloud, or free speech. Every second is kept on the device as it
 * is spoken, and travels in small parts, now or on wifi. Noise is listened for before and after;
 * what is said about it is advice.
 */
import { el, embedded } from './dom.js';
import { nameOf } from './keys.js';
import { newKey } from './outbox.js';
import { Ear, NOISY_DB, PART_SAMPLES, levelOf, megabytes, partsOf, verdictOn, waveHeader } from './parts.js';
import { Takes } from './takes.js';
import { Uploader, wifiOnly } from './upload.js';
import { clockTime } from './wave.js';
import { wear } from './wear.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./takes.js').Take} Take
 * @typedef {{recording: string, rate: number, samples: number, sha256?: string}} Answer
 */

export const stage = 'own';
export const reserved = 'rpt';

const STYLE = [
  '.booth{inline-size:100%;max-inline-size:45rem;margin:auto;display:flex;flex-direction:column;gap:var(--s3);align-items:center;text-align:center}',
  '.booth .prompt{font-size:clamp(1.25rem,5vw,1.75rem);line-height:1.5;margin:0;overflow-wrap:anywhere;white-space:pre-wrap}',
  '.booth meter{inline-size:min(100%,24rem);block-size:1.5rem}',
  '.booth .time{font-size:1.5rem;font-variant-numeric:tabular-nums;margin:0}',
  '.booth audio{inline-size:min(100%,24rem)}',
  '.rec.on{border-color:var(--bad);color:var(--bad);font-weight:600}',
  '.rec{min-block-size:3.5rem;inline-size:100%}',
];
const QUIET_MS = 700;
const KEEP_EVERY_MS = 1000;

/** One for the page, whatever task is on it: recordings travel on when the next task is there. */
const person = Number(/** @type {any} */ (embedded('page')).person_id);
const ready = Takes.open(person).then((takes) => {
  const uploader = new Uploader(takes);
  uploader.hurry();
  return { takes, uploader };
});
/** How noisy the room was found, in dB; null before it was listened to. @type {number | null} */
let room = null;

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  const { question, task, panel, changed, say, t } = context;
  const config = /** @type {{rate?: number, min_seconds?: number, max_seconds?: number}} */ (question.config);
  const [least, most] = [config.min_seconds ?? 0.5, config.max_seconds ?? 120];
  wear('booth', STYLE);

  /** @type {'idle' | 'opening' | 'quiet' | 'on' | 'ending'} */
  let state = 'idle';
  /** Takes of this visit, the last one is the answer. @type {Answer[]} */
  let takes = context.answer ? [context.answer] : [];
  /** @type {Answer[]} */
  const undone = [];
  /** @type {import('./microphone.js').Open | null} */
  let microphone = null;
  let gone = false;
  let address = '';
  /** @type {{takes: Takes, uploader: Uploader} | null} */
  let voice = null;

  /** Fetched at once, but nothing waits for it: the words are on the page before. */
  const tools = import(context.modules.microphone);
  tools.catch(() => say(t('The tools for this question could not be loaded. Reload the page.')));

  const level = el('meter', { min: -60, max: 0, low: -40, high: -3, optimum: -20, value: -60, 'aria-label': t('How loud it is') });
  const timer = el('p', { class: 'time', 'aria-live': 'off' }, '0:00.0');
  const told = el('p', { class: 'muted', role: 'status' });
  const play = el('audio', { controls: true, preload: 'metadata', 'aria-label': t('Your recording') });
  const prompt = task.data?.prompt ?? task.data?.text;
  const booth = el(
    'div',
    { class: 'booth' },
    el('p', { class: 'prompt', dir: 'auto' }, typeof prompt === 'string' ? prompt : question.title),
    level,
    timer,
    told,
    play,
  );
  context.stage.append(booth);
  const record = el('button', { type: 'button', class: 'button rec', onclick: () => void press() });
  const room_ = el('button', { type: 'button', class: 'tool', onclick: () => void listen() }, t('Test the room') + ' ', el('kbd', {}, 'T'));
  const wifi = el('input', { type: 'checkbox', onchange: () => voice?.uploader.setWifiOnly(wifi.checked) });
  wifi.checked = wifiOnly();
  const waits = el('p', { class: 'muted small', role: 'status' });
  const now = el('button', { type: 'button', class: 'button small', hidden: true, onclick: () => voice?.uploader.sendNow() }, t('Send now'));
  const rate = config.rate || 16000;
  const field = el(
    'fieldset',
    { class: 'question' },
    el('legend', { dir: 'auto' }, question.title, question.required ? null : el('span', { class: 'muted' }, ' ', t('(optional)'))),
    record,
    el('div', { class: 'toolbar' }, room_),
    el('p', { class: 'muted small' }, t('About {mb} MB a minute are sent.', { mb: megabytes(rate * 2 * 60) })),
    el('label', { class: 'check' }, wifi, el('span', {}, t('Send recordings only on wifi'))),
    waits,
    now,
  );
  panel.append(field);

  const last = () => /** @type {Answer | undefined} */ (takes[takes.length - 1]);

  /** @param {string} words @param {string} [kind] */
  function tell(words, kind = '') {
    told.textContent = words;
    told.className = kind || 'muted';
  }
  function show() {
    const on = state === 'on';
    const busy = state === 'opening' || state === 'ending';
    record.classList.toggle('on', on);
    record.disabled = busy || state === 'quiet';
    const words = on ? t('Stop') : last() ? t('Record again') : t('Record');
    record.replaceChildren(`${on ? '■' : '●'} ${words} `, el('kbd', {}, nameOf({ key: 'r' })));
    room_.disabled = state !== 'idle';
    play.hidden = on || !play.src;
    progress();
  }
  function progress() {
    if (!voice) return;
    const { waits: n, bytes, sent, held } = voice.uploader.progress();
    const mine = last();
    now.hidden = !held;
    if (held) waits.textContent = t('{n} recordings wait for wifi: {mb} MB.', { n, mb: megabytes(bytes) });
    else if (n && !navigator.onLine) waits.textContent = t('No connection: {n} recordings are saved on this device, {mb} MB.', { n, mb: megabytes(bytes) });
    else if (n && voice.uploader.tries && voice.uploader.why) waits.textContent = voice.uploader.why;
    else if (n) waits.textContent = t('Sending: {sent} of {mb} MB.', { sent: Math.round(sent / 1e5) / 10, mb: megabytes(bytes) });
    else waits.textContent = mine && (mine.sha256 || voice.uploader.measured.has(mine.recording)) ? t('Your recording has arrived.') : '';
    const failed = voice.takes.all().find((take) => take.failed && take.id === mine?.recording);
    if (failed) tell(failed.why || t('This recording could not be sent. Record again.'), 'bad');
  }
  ready.then((both) => {
    if (gone) return;
    voice = both;
    voice.uploader.listeners.add(progress);
    recover();
  });

  /** A page that was closed in the middle left a take: it is the answer until another is made. */
  async function recover() {
    if (!voice) return;
    const left = voice.takes.all().filter((take) => take.task_id === task.task_id && take.question === question.name);
    // Also one that was finished, where the page closed before the draft of the answer was kept.
    const cut = left.findLast((take) => take.samples && !take.failed);
    if (cut && !last()) {
      await voice.takes.keep({ ...cut, done: true });
      takes = [{ recording: cut.id, rate: cut.rate, samples: cut.samples }];
      tell(t('A recording of {time} was saved when this page closed. Listen to it, or record again.', { time: clockTime((1000 * cut.samples) / cut.rate) }));
      changed();
    }
    for (const take of left) if (take.id !== last()?.recording) void voice.uploader.drop(take.id);
    await hearLast();
    void voice.uploader.hurry();
    show();
  }
  /** Lets the last take be heard: from the device, else from the server. */
  async function hearLast() {
    if (address) URL.revokeObjectURL(address);
    address = '';
    play.removeAttribute('src');
    const mine = last();
    if (!mine || !voice) return;
    timer.textContent = clockTime((1000 * mine.samples) / mine.rate);
    const pieces = await Promise.all(Array.from({ length: partsOf(mine.samples) }, (_, number) => /** @type {Takes} */ (voice?.takes).piece(mine.recording, number)));
    const sha256 = mine.sha256 || voice.uploader.measured.get(mine.recording)?.sha256;
    if (pieces.every((piece) => piece !== null)) {
      address = URL.createObjectURL(new Blob([waveHeader(mine.samples, mine.rate), .../** @type {ArrayBuffer[]} */ (pieces)], { type: 'audio/wav' }));
      play.src = address;
    } else if (sha256) play.src = `/media/${sha256}/sound`;
  }

  /** Opens the microphone, or says why it cannot. @param {(samples: Int16Array, lost: number) => void} hear */
  async function open(hear) {
    state = 'opening';
    show();
    try {
      const { openMicrophone } = await tools;
      /** @type {import('./microphone.js').Open} */
      const opened = await openMicrophone(context.modules.pcm, rate, hear);
      if (gone) await opened.stop();
      return gone ? null : opened;
    } catch (error) {
      state = 'idle';
      const refused = /** @type {Error} */ (error).name === 'NotAllowedError';
      tell(refused ? t('The microphone is not allowed here. Allow it in the browser’s settings for this site, or skip the task (paid).') : t('No microphone can be used here. Plug one in, or skip the task (paid).'), 'bad');
      show();
      return null;
    }
  }
  /** @param {Int16Array} samples */
  const meter = (samples) => (level.value = Math.max(-60, levelOf(samples)));

  /** Listens to the room for a moment and says how quiet it is. */
  async function listen() {
    if (state !== 'idle') return;
    const ear = { sum: 0, pieces: 0 };
    microphone = await open((samples) => {
      meter(samples);
      ear.sum += 10 ** (levelOf(samples) / 10);
      ear.pieces++;
    });
    if (!microphone) return;
    await quiet(() => ear.sum / Math.max(1, ear.pieces));
    await close();
    state = 'idle';
    show();
  }
  /** @param {() => number} power */
  async function quiet(power) {
    state = 'quiet';
    tell(t('Stay quiet for a moment: listening to the room.'));
    show();
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    room = Math.round(10 * Math.log10(Math.max(1e-9, power())));
    if (room > NOISY_DB) tell(t('The room is noisy ({db} dB). A quieter place, or closer to the microphone, is better.', { db: room }), 'warn');
    else tell(t('The room is quiet ({db} dB).', { db: room }), 'ok');
  }
  async function close() {
    const lost = (await microphone?.stop()) ?? 0;
    microphone = null;
    level.value = -60;
    return lost;
  }

  async function press() {
    if (state === 'on') return void stop();
    if (state !== 'idle' || !voice) return;
    play.pause();
    begin(voice);
  }

  /** @type {((final: boolean) => Promise<void>) | null} */
  let keep = null;
  /** @type {{take: Take, ear: Ear} | null} */
  let making = null;
  let lostBefore = 0;

  /** @param {{takes: Takes, uploader: Uploader}} both */
  async function begin({ takes: shelf }) {
    const before = { sum: 0, pieces: 0 };
    /** @type {Int16Array} */
    let piece = new Int16Array(PART_SAMPLES);
    let filled = 0;
    let number = 0;
    let kept = 0;
    /** Writes in the order of speaking. @type {Promise<any>} */
    let writing = Promise.resolve();
    const write = (/** @type {Take} */ take) => {
      const bytes = piece.slice(0, filled).buffer;
      const at = number;
      const as = { ...take };
      writing = writing.then(async () => {
        await shelf.keepPiece({ id: take.id, number: at, bytes });
        await shelf.keep(as);
      });
    };
    microphone = await open((samples, lost) => {
      meter(samples);
      if (!making) {
        lostBefore = lost;
        before.sum += 10 ** (levelOf(samples) / 10);
        before.pieces++;
        return;
      }
      const { take, ear } = making;
      ear.hear(samples);
      for (let at = 0; at < samples.length; ) {
        const room = Math.min(samples.length - at, PART_SAMPLES - filled);
        piece.set(samples.subarray(at, at + room), filled);
        filled += room;
        at += room;
        take.samples += room;
        if (filled < PART_SAMPLES) continue;
        write(take);
        number++;
        filled = 0;
        piece = new Int16Array(PART_SAMPLES);
      }
      const ms = (1000 * take.samples) / take.rate;
      timer.textContent = clockTime(ms);
      if (ms - kept >= KEEP_EVERY_MS && filled) {
        kept = ms;
        write(take);
      }
      if (ms >= most * 1000 && state === 'on') void stop();
    });
    if (!microphone) return;
    if (room === null) await quiet(() => before.sum / Math.max(1, before.pieces));
    if (gone || !microphone) return void close();
    const { rate: actual } = microphone;
    making = {
      take: { id: newKey(crypto), task_id: task.task_id, question: question.name, rate: actual, samples: 0, done: false, created: Date.now() },
      ear: new Ear(actual),
    };
    keep = async (final) => {
      if (making && final) making.take.done = true;
      if (making && (filled || final)) write(making.take);
      await writing;
    };
    state = 'on';
    if (room !== null) tell(room > NOISY_DB ? t('Speak now. The room is noisy ({db} dB): stay close to the microphone.', { db: room }) : t('Speak now.'), room > NOISY_DB ? 'warn' : 'ok');
    say(t('Recording.'));
    show();
  }

  async function stop() {
    if (state !== 'on' || !making) return;
    state = 'ending';
    show();
    const lost = await close();
    const { take, ear } = making;
    const seconds = take.samples / take.rate;
    if (seconds < least) {
      making = keep = null;
      await voice?.takes.forget(take.id);
      state = 'idle';
      tell(t('That was too short: at least {n} seconds are asked.', { n: least }), 'warn');
      return show();
    }
    await keep?.(true);
    making = keep = null;
    state = 'idle';
    takes.push({ recording: take.id, rate: take.rate, samples: take.samples });
    undone.length = 0;
    advise(ear, lost - lostBefore > take.rate / 100);
    say(t('Recorded.'));
    await hearLast();
    void voice?.uploader.hurry();
    show();
    changed();
  }
  /** @param {Ear} ear @param {boolean} lost a hundredth of a second or more */
  function advise(ear, lost) {
    const words = {
      good: t('It sounds good.'),
      cracked: t('It was too loud at times and cracks. Move back a little and record again, if you can.'),
      faint: t('It is very quiet. Move closer and record again, if you can.'),
      noisy: t('There is much noise around your voice. Record again in a quieter place, if you can.'),
    };
    const verdict = verdictOn(ear.measures());
    if (lost) tell(t('The browser lost a part of the sound. Record again, if you can.'), 'warn');
    else tell(words[verdict], verdict === 'good' ? 'ok' : 'warn');
  }
  /** @param {Answer[]} from @param {Answer[]} to */
  const step = (from, to) => {
    const take = from === takes && takes.length < 2 && !context.answer ? undefined : from.pop();
    if (!take || state !== 'idle') return false;
    to.push(take);
    tell(t('Another take.'));
    void hearLast().then(show);
    changed();
    return true;
  };
  show();

  return {
    value: () => {
      const mine = last();
      return mine ? { recording: mine.recording, rate: mine.rate, samples: mine.samples } : null;
    },
    issues: () => {
      if (state !== 'idle') return [t('“{q}” is being recorded. Stop first.', { q: question.title })];
      const mine = last();
      if (!mine) return question.required ? [t('“{q}” has no answer yet.', { q: question.title })] : [];
      const here = voice?.takes.takes.get(mine.recording);
      const fleeting = here && !voice?.takes.durable;
      return fleeting ? [t('This browser cannot keep the recording: wait until it is sent.')] : [];
    },
    keys: [
      { key: 'r', does: t('Record or stop'), group: question.title, run: () => void press() },
      { key: 'p', does: t('Play or pause'), group: question.title, run: () => void (play.src && (play.paused ? play.play() : play.pause())) },
      { key: 't', does: t('Test the room'), group: question.title, run: () => void listen() },
    ],
    undo: () => step(takes, undone),
    redo: () => step(undone, takes),
    unmount: () => {
      gone = true;
      const answer = last()?.recording;
      void (async () => {
        if (microphone) await close();
        await keep?.(false);
        for (const one of [...takes, ...undone]) if (one.recording !== answer && !one.sha256) void voice?.uploader.drop(one.recording);
      })();
      voice?.uploader.listeners.delete(progress);
      if (address) URL.revokeObjectURL(address);
      booth.remove();
      field.remove();
    },
  };
}
