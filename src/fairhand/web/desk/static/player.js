// @ts-check
/**
 * A sound on the stage: its drawing, which the server made, and all that plays it. The file itself
 * is fetched in stretches, when it is played. Two questions about one sound share one player.
 */
import { el } from './dom.js';
import { nameOf } from './keys.js';
import { clockTime, columnsOf, following, within, zoomed } from './wave.js';
import { wear } from './wear.js';

/**
 * @typedef {import('./types.js').IslandContext} IslandContext
 * @typedef {import('./types.js').Binding} Binding
 * @typedef {import('./wave.js').Stretch} Stretch
 * @typedef {(pen: CanvasRenderingContext2D, x: (ms: number) => number, height: number) => void} Painter
 * @typedef {{paint?: Painter, chosen?: (stretch: Stretch) => void, pressed?: (ms: number) => boolean}} Guest
 * @typedef {{audio: HTMLAudioElement, duration: number, keys: Binding[], time: () => number, seek: (ms: number) => void,
 *   play: (stretch?: Stretch) => void, toggle: () => void, chosen: () => Stretch | null, choose: (stretch: Stretch | null) => void,
 *   paint: () => void, join: (guest: Guest) => () => void}} Player
 */

const STYLE = [
  '.player{inline-size:100%;max-inline-size:70rem;margin:auto;display:flex;flex-direction:column;gap:var(--s2)}',
  '.wave{display:block;inline-size:100%;block-size:clamp(5rem,18dvh,14rem);border-radius:var(--control-radius);background:var(--card);border:1px solid var(--line);touch-action:none;cursor:text}',
  '.player .toolbar{margin:0}',
  '.player .toolbar .tool{flex:0 1 auto}',
  '.marks{list-style:none;padding:0;margin:0 0 var(--s2);display:grid;gap:var(--s1)}',
  '.marks>li>.tool{inline-size:100%;justify-content:start}',
  '.wraps{flex-wrap:wrap;overflow:visible}',
  '.player .now{margin:0;font-variant-numeric:tabular-nums}',
];
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const SKIP_MS = 2000;
const STEP_MS = 100;
const LEAST_DRAG = 6;

/** Keys that no label may have. */
export const PLAYER_KEYS = ' ,.[]lw+-';

/** The player of the task's sound: the one that is there, or a new one. @param {IslandContext} context @returns {Player} */
export function playerOn(context) {
  const holder = /** @type {HTMLElement & {player?: Player}} */ (context.stage);
  if (holder.player && holder.querySelector('.player')) return holder.player;
  return (holder.player = newPlayer(context));
}

/** @param {IslandContext} context @returns {Player} */
function newPlayer({ stage, task, t, say }) {
  wear('player', STYLE);
  const sound = task.sound || { url: '', peaks: '', duration_ms: 1 };
  const duration = Math.max(1, sound.duration_ms);
  const audio = el('audio', { src: sound.url, preload: 'none' });
  const canvas = el('canvas', { class: 'wave', role: 'img', 'aria-label': t('The sound, drawn from left to right') });
  const now = el('p', { class: 'now muted small', 'aria-live': 'off' });
  const scroll = el('input', { type: 'range', min: 0, max: 1000, value: 0, 'aria-label': t('Part of the sound in view'), hidden: true });
  /** @type {Int8Array} */
  let peaks = new Int8Array(2);
  let view = { start: 0, end: duration };
  let speed = 2;
  let looped = false;
  /** @type {Stretch | null} */
  let range = null;
  /** Played to its end, then it stops. @type {number | null} */
  let until = null;
  let wanted = 0;
  /** @type {Set<Guest>} */
  const guests = new Set();
  let frame = 0;

  const time = () => (audio.readyState ? within(Math.round(audio.currentTime * 1000), 0, duration) : wanted);
  const paint = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
  function draw() {
    const dense = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    if (canvas.width !== Math.round(width * dense)) canvas.width = Math.round(width * dense);
    if (canvas.height !== Math.round(height * dense)) canvas.height = Math.round(height * dense);
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.clearRect(0, 0, width, height);
    const style = getComputedStyle(canvas);
    const x = (/** @type {number} */ ms) => ((ms - view.start) / (view.end - view.start)) * width;
    if (range) {
      pen.fillStyle = style.getPropertyValue('--info');
      pen.globalAlpha = 0.18;
      pen.fillRect(x(range.start), 0, Math.max(1, x(range.end) - x(range.start)), height);
      pen.globalAlpha = 1;
    }
    pen.fillStyle = style.getPropertyValue('--muted');
    const middle = height / 2;
    columnsOf(peaks, duration, view, Math.floor(width)).forEach(([low, high], column) => {
      const top = middle - high * (middle - 2);
      pen.fillRect(column, top, 1, Math.max(1, (high - low) * (middle - 2)));
    });
    for (const guest of guests) guest.paint?.(pen, x, height);
    pen.fillStyle = style.getPropertyValue('--bad');
    pen.fillRect(Math.round(x(time())) - 1, 0, 2, height);
    now.textContent = t('{now} of {all}', { now: clockTime(time()), all: clockTime(duration) });
    scroll.hidden = view.end - view.start >= duration;
    scroll.value = String((1000 * view.start) / Math.max(1, duration - (view.end - view.start)));
  }
  const seek = (/** @type {number} */ ms) => {
    wanted = within(Math.round(ms), 0, duration);
    if (audio.readyState) audio.currentTime = wanted / 1000;
    view = following(view, duration, wanted);
    paint();
  };
  const play = async (/** @type {Stretch} */ stretch) => {
    if (stage.classList.contains('veiled')) return; // hard content is not heard before it is asked for
    if (stretch) seek(stretch.start);
    else if (time() >= duration - 20) seek(looped && range ? range.start : 0);
    until = stretch ? stretch.end : null;
    const from = time();
    try {
      await audio.play();
      if (Math.abs(audio.currentTime * 1000 - from) > 300) audio.currentTime = from / 1000;
    } catch (error) {
      if (/** @type {Error} */ (error).name !== 'AbortError') say(t('The sound cannot be played just now. Is there a connection?'));
    }
  };
  const toggle = () => void (audio.paused ? play(/** @type {any} */ (undefined)) : audio.pause());
  const tick = () => {
    const at = time();
    const end = until ?? (looped ? (range ? range.end : duration - 10) : null);
    if (end !== null && at >= end) {
      if (looped && until === null) seek(range ? range.start : 0);
      else {
        audio.pause();
        until = null;
      }
    }
    view = following(view, duration, at);
    paint();
    if (!audio.paused) requestAnimationFrame(tick);
  };
  audio.addEventListener('play', () => (playing(), tick()));
  audio.addEventListener('pause', () => (playing(), paint()));
  audio.addEventListener('seeked', paint);
  audio.addEventListener('loadedmetadata', () => wanted && (audio.currentTime = wanted / 1000));

  const rate = (/** @type {number} */ step) => {
    speed = within(speed + step, 0, SPEEDS.length - 1);
    audio.playbackRate = SPEEDS[speed];
    fast.firstChild?.replaceWith(t('Speed {n}', { n: SPEEDS[speed] }) + ' ');
  };
  const zoom = (/** @type {number} */ factor) => {
    view = factor ? zoomed(view, duration, factor, time()) : { start: 0, end: duration };
    paint();
  };
  const loop = () => {
    looped = !looped;
    again.setAttribute('aria-pressed', String(looped));
  };
  const made = (/** @type {string} */ key, /** @type {string} */ words, /** @type {() => void} */ run) => {
    keys.push({ key, does: words, group: t('The sound'), run });
    return el('button', { type: 'button', class: 'tool', onclick: run }, words + ' ', el('kbd', {}, nameOf({ key })));
  };
  /** @type {Binding[]} */
  const keys = [];
  const start = made(' ', t('Play'), toggle);
  const back = made(',', t('Back {n} s', { n: SKIP_MS / 1000 }), () => seek(time() - SKIP_MS));
  const on = made('.', t('On {n} s', { n: SKIP_MS / 1000 }), () => seek(time() + SKIP_MS));
  const again = made('l', t('Loop'), loop);
  again.setAttribute('aria-pressed', 'false');
  const slow = made('[', t('Slower'), () => rate(-1));
  const fast = made(']', t('Speed {n}', { n: 1 }), () => rate(1));
  const near = made('+', t('Zoom in'), () => zoom(0.5));
  const far = made('-', t('Zoom out'), () => zoom(2));
  for (const [key, step] of /** @type {[string, number][]} */ ([['ArrowLeft', -STEP_MS], ['ArrowRight', STEP_MS]])) {
    keys.push({ key, does: t('Move by {n} ms', { n: step }), group: t('The sound'), run: () => seek(time() + step) });
  }
  keys.push({ key: ' ', ctrl: true, does: t('Play, also while writing'), group: t('The sound'), run: toggle });
  keys.push({ key: ',', ctrl: true, does: t('Back {n} s', { n: SKIP_MS / 1000 }), group: t('The sound'), run: () => seek(time() - SKIP_MS) });
  keys.push({ key: '.', ctrl: true, does: t('On {n} s', { n: SKIP_MS / 1000 }), group: t('The sound'), run: () => seek(time() + SKIP_MS) });
  const playing = () => start.firstChild?.replaceWith((audio.paused ? t('Play') : t('Pause')) + ' ');

  scroll.addEventListener('input', () => {
    const length = view.end - view.start;
    const first = Math.round((Number(scroll.value) / 1000) * (duration - length));
    view = { start: first, end: first + length };
    paint();
  });
  wireDrag(canvas, () => view, {
    press: (ms) => [...guests].some((guest) => guest.pressed?.(ms)) || (seek(ms), (range = null)),
    drag: (stretch) => {
      range = stretch;
      paint();
    },
    done: (stretch) => {
      seek(stretch.start);
      for (const guest of guests) guest.chosen?.(stretch);
    },
  });
  const said = task.data?.text;
  const root = el(
    'div',
    { class: 'player' },
    typeof said === 'string' ? el('p', { class: 'item-text', dir: 'auto' }, said) : null,
    canvas,
    scroll,
    now,
    el('div', { class: 'toolbar wraps', role: 'toolbar', 'aria-label': t('The sound') }, start, back, on, again, slow, fast, near, far),
    audio,
  );
  stage.append(root);
  const watch = new ResizeObserver(paint);
  watch.observe(canvas);
  fetch(sound.peaks, { credentials: 'same-origin' })
    .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject()))
    .then((bytes) => (peaks = new Int8Array(bytes)))
    .catch(() => say(t('The drawing of the sound could not be loaded; it can be played all the same.')))
    .finally(paint);

  return {
    audio,
    duration,
    keys,
    time,
    seek,
    play: /** @type {any} */ (play),
    toggle,
    chosen: () => range,
    choose: (stretch) => {
      range = stretch;
      paint();
    },
    paint,
    join: (guest) => {
      guests.add(guest);
      paint();
      return () => {
        guests.delete(guest);
        if (guests.size) return paint();
        audio.pause();
        audio.removeAttribute('src');
        watch.disconnect();
        root.remove();
      };
    },
  };
}

/**
 * A press sets the time, a drag chooses a stretch: with the mouse, a finger or a pen.
 * @param {HTMLCanvasElement} canvas @param {() => Stretch} view
 * @param {{press: (ms: number) => void, drag: (stretch: Stretch) => void, done: (stretch: Stretch) => void}} does
 */
function wireDrag(canvas, view, does) {
  /** @type {{x: number, ms: number, moved: boolean} | null} */
  let from = null;
  const at = (/** @type {PointerEvent} */ event) => {
    const { left, width } = canvas.getBoundingClientRect();
    const { start, end } = view();
    return Math.round(start + within((event.clientX - left) / width, 0, 1) * (end - start));
  };
  const between = (/** @type {number} */ one, /** @type {number} */ other) => ({ start: Math.min(one, other), end: Math.max(one, other) });
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    from = { x: event.clientX, ms: at(event), moved: false };
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!from) return;
    from.moved ||= Math.abs(event.clientX - from.x) >= LEAST_DRAG;
    if (from.moved) does.drag(between(from.ms, at(event)));
  });
  canvas.addEventListener('pointerup', (event) => {
    if (!from) return;
    if (from.moved) does.done(between(from.ms, at(event)));
    else does.press(from.ms);
    from = null;
  });
  canvas.addEventListener('pointercancel', () => (from = null));
}
