// @ts-check
import assert from 'node:assert/strict';
import test from 'node:test';
import { Ear, PART_SAMPLES, levelOf, meaning, megabytes, missing, partsOf, verdictOn, waveHeader } from '../../src/fairhand/web/desk/static/parts.js';

test('samples fill parts, the last one less', () => {
  assert.equal(partsOf(1), 1);
  assert.equal(partsOf(PART_SAMPLES), 1);
  assert.equal(partsOf(PART_SAMPLES + 1), 2);
  assert.deepEqual(missing([0, 2], 4), [1, 3]);
});

test('levels are decibels of full scale', () => {
  assert.equal(levelOf(new Int16Array(100)), -96.3);
  assert.equal(levelOf(new Int16Array(100).fill(16384)), -6);
  assert.equal(levelOf(new Int16Array(0)), -96.3);
});

test('an ear tells speech from the quiet around it, however it is cut', () => {
  const samples = Int16Array.from({ length: 32_000 }, (_, at) => (at < 16_000 ? 16_384 * Math.sin(at / 8) : 20 * Math.sin(at / 3)));
  const found = [1, 777, 32_000].map((size) => {
    const ear = new Ear(16_000);
    for (let at = 0; at < samples.length; at += size) ear.hear(samples.subarray(at, at + size));
    return ear.measures();
  });
  assert.deepEqual(found[0], found[1]);
  assert.deepEqual(found[1], found[2]);
  assert.ok(Math.abs(found[0].loudness + 12) < 0.2);
  assert.ok(found[0].noise < -65);
});

test('advice names the worst that can be mended', () => {
  assert.equal(verdictOn({ loudness: -20, noise: -60, clipped: 0 }), 'good');
  assert.equal(verdictOn({ loudness: -3, noise: -60, clipped: 0.01 }), 'cracked');
  assert.equal(verdictOn({ loudness: -50, noise: -70, clipped: 0 }), 'faint');
  assert.equal(verdictOn({ loudness: -25, noise: -35, clipped: 0 }), 'noisy');
});

test('what a server says is gone over again, or never', () => {
  assert.equal(meaning(200), 'ok');
  assert.equal(meaning(0), 'again');
  assert.equal(meaning(503), 'again');
  assert.equal(meaning(401), 'again');
  assert.equal(meaning(403, 'csrf'), 'token');
  assert.equal(meaning(403, 'not_your_task'), 'never');
  assert.equal(meaning(409, 'parts_missing'), 'missing');
});

test('a header is that of a WAV of 16-bit samples', () => {
  const view = new DataView(waveHeader(10, 16_000));
  assert.equal(view.byteLength, 44);
  assert.equal(view.getUint32(4, true), 56);
  assert.equal(view.getUint32(24, true), 16_000);
  assert.equal(view.getUint32(40, true), 20);
});

test('data is told in megabytes that nobody has to compute', () => {
  assert.equal(megabytes(1_920_000), 1.9);
  assert.equal(megabytes(10), 0.1);
});
