// A letter opens for members alone, at its own place, and for nobody who left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fingerprint, handOver, newKey, newPair, openLetter, openPair, sealLetter, takeOver,
} from '../../src/fairhand/web/rights/static/letters.js';

const ROUNDS = 1000; // the page asks for 600,000; here only the way is tried

async function member(handle) {
  const { publicKey, wrapped } = await newPair(`the words of ${handle}`, ROUNDS);
  const own = await openPair(wrapped, `the words of ${handle}`);
  return { handle, public_key: publicKey, wrapped, own };
}

test('a private key opens with its own words alone, and its public half holds no secret', async () => {
  const amina = await member('amina');
  assert.deepEqual(Object.keys(amina.public_key).sort(), ['crv', 'kty', 'x', 'y']);
  assert.equal(await openPair(amina.wrapped, 'other words entirely'), null);
  assert.match(await fingerprint(amina.public_key), /^([0-9a-f]{4} ){4}[0-9a-f]{4}$/);
});

test('a key that one member hands over opens for that member and says truly who sent it', async () => {
  const [amina, bao, dmitri] = await Promise.all(['amina', 'bao', 'dmitri'].map(member));
  const key = await newKey();
  const sealed = await handOver(key, amina.own, 'amina', bao);
  const got = await takeOver(sealed, bao.own, 'bao', amina.public_key);
  const letter = await sealLetter(key, [1, 1, 'amina', 'x1'], 'Ask for paid reading time.');
  assert.equal(await openLetter(got, [1, 1, 'amina', 'x1'], letter), 'Ask for paid reading time.');
  assert.equal(await takeOver(sealed, dmitri.own, 'dmitri', amina.public_key), null);
  assert.equal(await takeOver(sealed, dmitri.own, 'bao', amina.public_key), null);
  assert.equal(await takeOver({ ...sealed, from: 'dmitri' }, bao.own, 'bao', dmitri.public_key), null);
});

test('a letter opens only where it was written, and not under another key', async () => {
  const [key, other] = [await newKey(), await newKey()];
  const letter = await sealLetter(key, [1, 1, 'amina', 'x1'], 'Hello');
  assert.equal(await openLetter(key, [2, 1, 'amina', 'x1'], letter), null);
  assert.equal(await openLetter(key, [1, 2, 'amina', 'x1'], letter), null);
  assert.equal(await openLetter(key, [1, 1, 'bao', 'x1'], letter), null);
  assert.equal(await openLetter(other, [1, 1, 'amina', 'x1'], letter), null);
});

test('the length of a letter says little', async () => {
  const key = await newKey();
  const [short, longer] = [await sealLetter(key, [1], 'No.'), await sealLetter(key, [1], 'No, and here is why. '.repeat(8))];
  assert.equal(short.length, longer.length);
});
