// @ts-check
/** The microphone, open only while somebody records: plain samples, nothing added or taken away. */

/**
 * @typedef {{rate: number, stop: () => Promise<number>}} Open `stop` gives the samples that were lost
 */

/**
 * Opens the microphone. Raises what `getUserMedia` raises where that is refused or there is none.
 * @param {string} worklet address of its script @param {number} wanted samples a second, a wish
 * @param {(samples: Int16Array, lost: number) => void} hear how many samples were lost so far @returns {Promise<Open>}
 */
export async function openMicrophone(worklet, wanted, hear) {
  if (!navigator.mediaDevices) throw new DOMException('', 'NotSupportedError');
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 },
  });
  const close = () => stream.getTracks().forEach((track) => track.stop());
  try {
    const { context, source } = connected(stream, wanted);
    await context.audioWorklet.addModule(worklet);
    const node = new AudioWorkletNode(context, 'pcm', { numberOfOutputs: 0 });
    /** @type {Promise<number>} */
    const ended = new Promise((resolve) => {
      node.port.onmessage = ({ data }) => {
        if (data.samples.length) hear(data.samples, data.lost);
        if (data.done) resolve(data.lost);
      };
    });
    source.connect(node);
    await context.resume();
    return {
      rate: context.sampleRate,
      stop: async () => {
        node.port.postMessage('stop');
        const lost = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 2000, -1))]);
        close();
        await context.close();
        return /** @type {number} */ (lost);
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** At the wished rate where the browser can; some connect a microphone at its own rate only.
 * @param {MediaStream} stream @param {number} wanted */
function connected(stream, wanted) {
  const wished = new AudioContext({ sampleRate: wanted });
  try {
    return { context: wished, source: wished.createMediaStreamSource(stream) };
  } catch {
    wished.close();
    const context = new AudioContext();
    return { context, source: context.createMediaStreamSource(stream) };
  }
}
