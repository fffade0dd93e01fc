// What is sealed on a page opens with its words alone, and in its own place alone.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { newKey, open, seal, toBytes, unwrap, wrap } from '../../src/fairhand/web/wellbeing/static/seal.js';

const FEW = 1000;
const NOTE = { answers: [0, 4, null], words: 'A long day. Élan, 日本.' };

test('a note opens with the key that its words give back', async () => {
  const key = await newKey();
  const wrapped = await wrap(key, 'a quiet place by the sea', FEW);
  const again = await unwrap(wrapped, 'a quiet place by the sea');
  const sealed = await seal(key, 'note-1', NOTE);
  assert.deepEqual(await open(/** @type {CryptoKey} */ (again), 'note-1', sealed), NOTE);
});

test('other words, another place and one changed bit open nothing', async () => {
  const key = await newKey();
  const wrapped = await wrap(key, 'a quiet place by the sea', FEW);
  assert.equal(await unwrap(wrapped, 'a quiet place by the lake'), null);
  const sealed = await seal(key, 'note-1', NOTE);
  assert.equal(await open(key, 'note-2', sealed), null);
  assert.equal(await open(await newKey(), 'note-1', sealed), null);
  const bytes = toBytes(sealed);
  bytes[20] ^= 1;
  assert.equal(await open(key, 'note-1', btoa(String.fromCharCode(...bytes))), null);
});

test('short notes are of one length, and no two seals are alike', async () => {
  const key = await newKey();
  const [one, two] = [await seal(key, 'n', { words: 'x' }), await seal(key, 'n', { words: 'many more words' })];
  assert.equal(one.length, two.length);
  assert.notEqual(await seal(key, 'n', { words: 'x' }), one);
  assert.ok(!Buffer.from(two, 'base64').toString('latin1').includes('words'));
});
