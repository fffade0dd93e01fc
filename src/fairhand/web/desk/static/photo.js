// @ts-check
/**
 * Takes a photo, or a picture that is there already. It is kept on the device at once, made smaller
 * where it is huge, and travels in small parts, now or on wifi. What the server takes out of it is
 * said before and after.
 */
import { el, embedded } from './dom.js';
import { cut, fitted, kindOf, MOST_BYTES } from './frame.js';
import { nameOf } from './keys.js';
import { newKey } from './outbox.js';
import { megabytes } from './parts.js';
import { Takes } from './takes.js';
import { Uploader, wifiOnly } from './upload.js';
import { wear } from './wear.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Island} Island
 * @typedef {import('./takes.js').Take} Take
 * @typedef {{upload: string, sha256?: string, width?: number, height?: number}} Answer
 */

export const stage = 'own';
export const reserved = 'fp';

const STYLE = [
  '.frame{inline-size:100%;max-inline-size:45rem;margin:auto;display:flex;flex-direction:column;gap:var(--s3);align-items:center;text-align:center}',
  '.frame .prompt{font-size:clamp(1.25rem,5vw,1.75rem);line-height:1.5;margin:0;overflow-wrap:anywhere;white-space:pre-wrap}',
  '.frame img{max-inline-size:100%;max-block-size:min(50dvh,32rem);border-radius:var(--radius,0.5rem);object-fit:contain}',
  '.frame .waiting{inline-size:min(100%,20rem);aspect-ratio:4/3;border:2px dashed var(--line);border-radius:0.5rem;display:grid;place-items:center}',
  '.shutter{margin-block-end:var(--s2);display:flex;flex-direction:column;gap:var(--s2)}',
  '.shutter .button{min-block-size:3.5rem;inline-size:100%}',
];
const TYPES = 'image/jpeg,image/png,image/webp';
const QUALITY = 0.92;

/** One for the page, whatever task is on it: photos travel on when the next task is there. */
const person = Number(/** @type {any} */ (embedded('page')).person_id);
const ready = Takes.open(person, 'photo').then((takes) => {
  const uploader = new Uploader(takes, {
    path: 'uploads',
    size: (take) => take.bytes || 0,
    opening: (take) => ({ question: take.question, bytes: take.bytes }),
    whole: () => ({}),
  });
  uploader.hurry();
  return { takes, uploader };
});

/** @param {IslandContext} context @returns {Island} */
export function mount(context) {
  const { question, task, panel, changed, say, t } = context;
  const config = /** @type {{source?: string, min_side?: number, max_side?: number}} */ (question.config);
  const [least, most] = [config.min_side ?? 0, config.max_side ?? 4096];
  wear('frame', STYLE);

  let busy = false;
  let gone = false;
  /** Photos of this visit, the last one is the answer. @type {Answer[]} */
  let takes = context.answer ? [context.answer] : [];
  /** @type {Answer[]} */
  const undone = [];
  let address = '';
  /** What is said of a photo that was made smaller. */
  let smaller = '';
  /** @type {{takes: Takes, uploader: Uploader} | null} */
  let shelf = null;

  const told = el('p', { class: 'muted', role: 'status' });
  const picture = el('img', { alt: t('Your photo'), hidden: true });
  const waiting = el('p', { class: 'waiting muted' }, t('No photo yet'));
  const prompt = task.data?.prompt ?? task.data?.text;
  const frame = el(
    'div',
    { class: 'frame' },
    el('p', { class: 'prompt', dir: 'auto' }, typeof prompt === 'string' ? prompt : question.title),
    waiting,
    picture,
    told,
  );
  context.stage.append(frame);

  /** A chooser of files that a button opens. @param {boolean} camera */
  const chooser = (camera) => {
    const input = el('input', { type: 'file', accept: TYPES, capture: camera ? 'environment' : null, hidden: true, 'aria-label': question.title });
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      input.value = '';
      if (file) void take(file);
    });
    return input;
  };
  const [camera, files] = [chooser(true), chooser(false)];
  const shoot = el('button', { type: 'button', class: 'button primary', onclick: () => camera.click() });
  const choose = el('button', { type: 'button', class: 'button', hidden: config.source === 'camera', onclick: () => files.click() }, t('Choose a picture') + ' ', el('kbd', {}, nameOf({ key: 'f' })));
  const wifi = el('input', { type: 'checkbox', onchange: () => shelf?.uploader.setWifiOnly(wifi.checked) });
  wifi.checked = wifiOnly();
  const waits = el('p', { class: 'muted small', role: 'status' });
  const now = el('button', { type: 'button', class: 'button small', hidden: true, onclick: () => shelf?.uploader.sendNow() }, t('Send now'));
  const field = el(
    'fieldset',
    { class: 'question' },
    el('legend', { dir: 'auto' }, question.title, question.required ? null : el('span', { class: 'muted' }, ' ', t('(optional)'))),
    el('div', { class: 'shutter' }, shoot, choose, camera, files),
    el('p', { class: 'muted small' }, t('Place, device and time are taken out of the picture when it arrives, before anybody else sees it.')),
    el('label', { class: 'check' }, wifi, el('span', {}, t('Send photos only on wifi'))),
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
    const words = last() ? t('Take another photo') : t('Take a photo');
    shoot.replaceChildren(words + ' ', el('kbd', {}, nameOf({ key: 'p' })));
    shoot.classList.toggle('primary', !last());
    shoot.disabled = choose.disabled = busy;
    picture.hidden = !picture.getAttribute('src');
    waiting.hidden = !picture.hidden;
    progress();
  }
  function progress() {
    if (!shelf) return;
    const { uploader } = shelf;
    const { waits: n, bytes, sent, held } = uploader.progress();
    const mine = last();
    const mb = megabytes(bytes);
    now.hidden = !held;
    if (held) waits.textContent = t(n === 1 ? '1 photo waits for wifi: {mb} MB.' : '{n} photos wait for wifi: {mb} MB.', { n, mb });
    else if (n && !navigator.onLine) waits.textContent = t(n === 1 ? 'No connection: 1 photo is saved on this device, {mb} MB.' : 'No connection: {n} photos are saved on this device, {mb} MB.', { n, mb });
    else if (n && uploader.tries && uploader.why) waits.textContent = uploader.why;
    else if (n) waits.textContent = t('Sending: {sent} of {mb} MB.', { sent: Math.round(sent / 1e5) / 10, mb });
    else waits.textContent = arrived(mine);
    const failed = shelf.takes.all().find((take) => take.failed && take.id === mine?.upload);
    if (failed) tell(failed.why || t('This photo could not be sent. Take another one.'), 'bad');
  }
  /** Says that a photo is there, and what it carried. @param {Answer | undefined} mine */
  function arrived(mine) {
    const reply = mine && shelf?.uploader.replies.get(mine.upload);
    if (!reply) return mine?.sha256 ? t('Your photo has arrived.') : '';
    /** @type {Record<string, string>} */
    const names = { place: t('the place'), device: t('the device'), time: t('the time'), words: t('names and words'), more: t('other hidden data') };
    const out = /** @type {string[]} */ (reply.removed).map((one) => names[one]).filter(Boolean);
    return out.length ? t('Your photo has arrived. Taken out of it: {things}.', { things: out.join(', ') }) : t('Your photo has arrived. There was nothing hidden in it.');
  }

  ready.then((both) => {
    if (gone) return;
    shelf = both;
    shelf.uploader.listeners.add(progress);
    void recover(both);
  });

  /** A page that was closed left a photo: it is the answer until another is taken.
   * @param {{takes: Takes, uploader: Uploader}} both */
  async function recover({ takes: kept, uploader }) {
    const left = kept.all().filter((take) => take.task_id === task.task_id && take.question === question.name);
    const found = left.findLast((take) => take.done && !take.failed);
    if (found && !last()) {
      takes = [{ upload: found.id }];
      tell(t('A photo was saved when this page closed. Send it, or take another one.'));
      changed();
    }
    for (const take of left) if (take.id !== last()?.upload) void uploader.drop(take.id);
    await seeLast();
    void uploader.hurry();
    show();
  }

  /** Lets the last photo be seen: from the device, else from the server. */
  async function seeLast() {
    if (address) URL.revokeObjectURL(address);
    address = '';
    picture.removeAttribute('src');
    const mine = last();
    if (!mine || !shelf) return;
    const bytes = shelf.takes.takes.get(mine.upload)?.bytes ?? 0;
    const count = Math.ceil(bytes / (256 * 1024));
    const held = shelf.takes;
    const pieces = await Promise.all(Array.from({ length: count }, (_, number) => held.piece(mine.upload, number)));
    const sha256 = mine.sha256 || shelf.uploader.measured.get(mine.upload)?.sha256;
    if (pieces.length && pieces.every((piece) => piece !== null)) {
      address = URL.createObjectURL(new Blob(/** @type {ArrayBuffer[]} */ (pieces)));
      picture.src = address;
    } else if (sha256) picture.src = `/media/${sha256}/preview`;
  }

  /** @param {File} file */
  async function take(file) {
    if (busy || !shelf) return;
    busy = true;
    show();
    try {
      const bytes = await fitting(file);
      if (bytes && !gone) await keep(shelf, bytes);
    } catch {
      tell(t('This picture cannot be opened. Choose another one, or skip the task (paid).'), 'bad');
    }
    busy = false;
    if (!gone) show();
  }

  /** Makes a picture small enough, and a kind that everybody can open; null when it cannot be sent.
   * @param {File} file @returns {Promise<ArrayBuffer | null>} */
  async function fitting(file) {
    smaller = '';
    const bytes = await file.arrayBuffer();
    const kind = kindOf(bytes);
    if (!kind) {
      tell(t('This is not a photo. Choose a JPEG, PNG or WebP picture.'), 'bad');
      return null;
    }
    const drawn = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null);
    if (!drawn) {
      tell(kind === 'heic' ? t('This browser cannot open HEIC pictures. Set the camera to “most compatible” (JPEG), and take it again.') : t('This picture cannot be opened. Choose another one, or skip the task (paid).'), 'bad');
      return null;
    }
    const { width, height } = drawn;
    if (Math.min(width, height) < least) {
      tell(t('This picture is {width} × {height} pixels; {n} on each side are asked at least. Take it with the camera itself, not from a chat.', { width, height, n: least }), 'warn');
      return null;
    }
    const size = fitted(width, height, most);
    const huge = size.width < width || kind === 'heic' || bytes.byteLength > MOST_BYTES;
    if (!huge) return bytes;
    const canvas = el('canvas', { width: size.width, height: size.height });
    canvas.getContext('2d')?.drawImage(drawn, 0, 0, size.width, size.height);
    drawn.close();
    const blob = await new Promise((/** @type {(made: Blob | null) => void} */ resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
    if (!blob || blob.size > MOST_BYTES) throw new Error('too large');
    smaller = t('Made smaller for the way: {width} × {height} pixels.', size);
    return blob.arrayBuffer();
  }

  /** @param {{takes: Takes, uploader: Uploader}} both @param {ArrayBuffer} bytes */
  async function keep({ takes: kept, uploader }, bytes) {
    /** @type {Take} */
    const made = { id: newKey(crypto), task_id: task.task_id, question: question.name, rate: 0, samples: 0, bytes: bytes.byteLength, done: false, created: Date.now() };
    for (const [number, piece] of cut(bytes).entries()) await kept.keepPiece({ id: made.id, number, bytes: piece });
    await kept.keep({ ...made, done: true });
    takes.push({ upload: made.id });
    undone.length = 0;
    tell(smaller);
    say(t('Photo taken.'));
    await seeLast();
    void uploader.hurry();
    changed();
  }

  /** @param {Answer[]} from @param {Answer[]} to */
  const step = (from, to) => {
    const one = from === takes && takes.length < 2 && !context.answer ? undefined : from.pop();
    if (!one || busy) return false;
    to.push(one);
    tell(t('Another photo.'));
    void seeLast().then(show);
    changed();
    return true;
  };
  show();

  return {
    value: () => {
      const mine = last();
      return mine ? { upload: mine.upload } : null;
    },
    issues: () => {
      if (busy) return [t('The photo is being made ready. Wait a moment.')];
      const mine = last();
      if (!mine) return question.required ? [t('“{q}” has no answer yet.', { q: question.title })] : [];
      const here = shelf?.takes.takes.get(mine.upload);
      if (here?.failed) return [here.why || t('This photo could not be sent. Take another one.')];
      return here && !shelf?.takes.durable ? [t('This browser cannot keep the photo: wait until it is sent.')] : [];
    },
    keys: [
      { key: 'p', does: t('Take a photo'), group: question.title, run: () => camera.click() },
      ...(config.source === 'camera' ? [] : [{ key: 'f', does: t('Choose a picture'), group: question.title, run: () => files.click() }]),
    ],
    undo: () => step(takes, undone),
    redo: () => step(undone, takes),
    unmount: () => {
      gone = true;
      const answer = last()?.upload;
      for (const one of [...takes, ...undone]) if (one.upload !== answer && !one.sha256) void shelf?.uploader.drop(one.upload);
      shelf?.uploader.listeners.delete(progress);
      if (address) URL.revokeObjectURL(address);
      frame.remove();
      field.remove();
    },
  };
}
