// @ts-check
/**
 * Runs beside the page, where sound arrives: passes on what the microphone hears as 16-bit samples
 * of one channel, in small pieces, and counts what the browser failed to deliver.
 */
const scope = /** @type {any} */ (globalThis);
const PIECE = 2048;
const QUANTUM = 128;

class Pcm extends scope.AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Int16Array(PIECE);
    this.filled = 0;
    this.lost = 0;
    this.last = -1;
    this.open = true;
    /** @type {any} */ (this).port.onmessage = () => this.#end();
  }

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const channels = inputs[0] || [];
    const frames = channels[0]?.length || 0;
    if (this.last >= 0 && frames) this.lost += Math.max(0, scope.currentFrame - this.last - QUANTUM);
    if (frames) this.last = scope.currentFrame;
    for (let at = 0; at < frames; at++) {
      let sum = 0;
      for (const channel of channels) sum += channel[at];
      this.piece[this.filled++] = Math.round(Math.min(1, Math.max(-1, sum / channels.length)) * 32767);
      if (this.filled === PIECE) this.#pass(false);
    }
    return this.open;
  }

  #end() {
    this.open = false;
    this.#pass(true);
  }

  /** @param {boolean} done */
  #pass(done) {
    /** @type {any} */ (this).port.postMessage({ samples: this.piece.slice(0, this.filled), lost: this.lost, done });
    this.filled = 0;
  }
}

scope.registerProcessor('pcm', Pcm);
