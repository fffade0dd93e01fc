import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Quiet } from '../../src/fairhand/web/desk/static/quiet.js';

const MINUTE = 60000;

test('a cut is asked about once', () => {
  const quiet = new Quiet();
  quiet.hear({ id: 7, milliseconds: 14 * MINUTE });
  assert.deepEqual(quiet.take(false), { id: 7, milliseconds: 14 * MINUTE });
  assert.equal(quiet.take(false), null);
});

test('while answers are on their way nothing is asked', () => {
  const quiet = new Quiet();
  quiet.hear({ id: 7, milliseconds: 14 * MINUTE });
  assert.equal(quiet.take(true), null);
  assert.equal(quiet.take(false)?.id, 7);
});

test('answers given without network take their minutes back before anybody is asked', () => {
  const quiet = new Quiet();
  quiet.hear({ id: 7, milliseconds: 58 * MINUTE });
  for (let n = 0; n < 19; n++) quiet.hear(undefined, 2 * MINUTE);
  assert.deepEqual(quiet.take(false), { id: 7, milliseconds: 20 * MINUTE });
});

test('a cut that offline work used up, a short one and a night are not asked about', () => {
  const quiet = new Quiet();
  quiet.hear({ id: 7, milliseconds: 10 * MINUTE });
  quiet.hear(undefined, 12 * MINUTE);
  assert.equal(quiet.take(false), null);
  quiet.hear({ id: 8, milliseconds: MINUTE / 2 });
  assert.equal(quiet.take(false), null);
  quiet.hear({ id: 9, milliseconds: 600 * MINUTE });
  assert.equal(quiet.take(false), null);
});

test('without a cut nothing is asked', () => {
  const quiet = new Quiet();
  quiet.hear(undefined, 5 * MINUTE);
  assert.equal(quiet.take(false), null);
});
