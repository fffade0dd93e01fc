// @ts-check
/**
 * The arithmetic of recordings: parts and their sizes, how loud samples are, what is to be said of
 * a recording, which parts are still to be sent. DOM-free.
 */

export const PART_BYTES = 256 * 1024;
export const PART_SAMPLES = PART_BYTES / 2;
const FLOOR_DB = -96.3;

/** @param {number} samples @returns {number} how many parts they are */
export const partsOf = (samples) => Math.ceil(samples / PART_SAMPLES);

/** @param {number[]} here @param {number} count @returns {number[]} parts that are still to be sent */
export const missing = (here, count) => Array.from({ length: count }, (_, number) => number).filter((number) => !here.includes(number));

/** @param {number} bytes in megabytes, one decimal */
export const megabytes = (bytes) => Math.max(0.1, Math.round(bytes / 1e5) / 10);

/** How loud samples are, in dB of full scale. @param {Int16Array} samples */
export function levelOf(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return decibels(sum / Math.max(1, samples.length) / 32768 ** 2);
}

/** @param {number} power mean square of full scale */
function decibels(power) {
  return power > 0 ? Math.max(FLOOR_DB, Math.round(100 * Math.log10(power)) / 10) : FLOOR_DB;
}

/** Listens to a recording as it is made, in frames of 50 ms; the server measures it again. */
export class Ear {
  /** @param {number} rate */
  constructor(rate) {
    this.length = Math.max(1, Math.floor(rate / 20));
    this.frame = { sum: 0, count: 0 };
    /** @type {number[]} */
    this.powers = [];
    this.total = 0;
    this.samples = 0;
    this.full = 0;
  }

  /** @param {Int16Array} samples */
  hear(samples) {
    for (const sample of samples) {
      const power = sample * sample;
      this.total += power;
      this.samples++;
      if (sample >= 32767 || sample <= -32767) this.full++;
      this.frame.sum += power;
      if (++this.frame.count < this.length) continue;
      this.powers.push(this.frame.sum / this.length / 32768 ** 2);
      this.frame = { sum: 0, count: 0 };
    }
  }

  /** @returns {{loudness: number, noise: number, clipped: number}} */
  measures() {
    const quiet = [...this.powers].sort((a, b) => a - b).slice(0, Math.max(1, Math.floor(this.powers.length / 10)));
    const mean = quiet.reduce((sum, power) => sum + power, 0) / Math.max(1, quiet.length);
    return {
      loudness: decibels(this.total / Math.max(1, this.samples) / 32768 ** 2),
      noise: decibels(mean),
      clipped: this.full / Math.max(1, this.samples),
    };
  }
}

export const NOISY_DB = -45;
const FAINT_DB = -42;
const CRACKED = 0.001;
const STANDS_OUT_DB = 12;

/** What is to be said of a recording; advice, never a refusal.
 * @param {{loudness: number, noise: number, clipped: number}} found
 * @returns {'cracked' | 'faint' | 'noisy' | 'good'} */
export function verdictOn({ loudness, noise, clipped }) {
  if (clipped > CRACKED) return 'cracked';
  if (loudness < FAINT_DB) return 'faint';
  return noise > NOISY_DB && loudness - noise < STANDS_OUT_DB ? 'noisy' : 'good';
}

/** What the server's answer to a part means: whether to go on, ask again later, or stop.
 * @param {number} status @param {string} [code] @returns {'ok' | 'again' | 'token' | 'missing' | 'never'} */
export function meaning(status, code = '') {
  if (status >= 200 && status < 300) return 'ok';
  if (status === 403 && code.includes('csrf')) return 'token';
  if (code === 'parts_missing') return 'missing';
  if (status === 0 || status === 401 || status === 408 || status === 425 || status === 429 || status >= 500) return 'again';
  return 'never';
}

/** The 44 bytes before 16-bit samples of one channel. @param {number} samples @param {number} rate */
export function waveHeader(samples, rate) {
  const view = new DataView(new ArrayBuffer(44));
  const word = (/** @type {number} */ at, /** @type {string} */ text) => [...text].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  word(0, 'RIFF');
  view.setUint32(4, 36 + samples * 2, true);
  word(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, 'data');
  view.setUint32(40, samples * 2, true);
  return view.buffer;
}
