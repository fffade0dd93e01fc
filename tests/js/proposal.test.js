import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxOf } from '../../src/fairhand/web/desk/static/clicks.js';
import { howOften } from '../../src/fairhand/web/desk/static/proposal.js';
import { translator } from '../../src/fairhand/web/desk/static/words.js';

const t = translator({});

test('how often a model is right is said in tens, and never as certain', () => {
  assert.match(howOften(0.84, t), /right about 8 times in 10/);
  assert.match(howOften(1, t), /right about 9 times in 10/);
  assert.match(howOften(0, t), /right about 1 times? in 10/);
});

test('a score that is none is not shown as one', () => {
  for (const score of [null, NaN, -1, 2]) assert.match(howOften(score, t), /It can be wrong/);
});

test('a box has whole pixels of the picture whichever corner it was begun at', () => {
  const size = { width: 20, height: 15 };
  assert.deepEqual(boxOf({ x: 7.2, y: 9.9 }, { x: 2.6, y: 3.1 }, size), [2, 3, 8, 10]);
  assert.deepEqual(boxOf({ x: 2.6, y: 9.9 }, { x: 7.2, y: 3.1 }, size), [2, 3, 8, 10]);
  assert.deepEqual(boxOf({ x: -4, y: 9.9 }, { x: 99, y: 30 }, size), [0, 9, 20, 15]);
});
