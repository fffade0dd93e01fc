import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stroke } from '../../src/fairhand/web/desk/static/geometry.js';
import { difference, History } from '../../src/fairhand/web/desk/static/undo.js';

const blank = () => ({ data: new Uint8Array(50 * 40), width: 50, height: 40 });

/** Paints one stroke and keeps it as a step, as the page does. */
function paint(mask, history, x, value) {
  const before = mask.data.slice();
  const patch = difference(mask, stroke(mask, { x, y: 20 }, { x: x + 6, y: 22 }, 3, value), before);
  if (patch) history.push(patch);
  return patch;
}

test('undo and redo walk through every state, there and back', () => {
  const mask = blank();
  const history = new History();
  const states = [mask.data.slice()];
  for (const [x, value] of [[5, 1], [8, 2], [30, 1], [31, 0]]) {
    paint(mask, history, x, value);
    states.push(mask.data.slice());
  }
  for (let at = 3; at >= 0; at--) {
    assert.ok(history.undo(mask));
    assert.deepEqual(mask.data, states[at]);
  }
  assert.equal(history.undo(mask), null);
  for (let at = 1; at <= 4; at++) {
    assert.ok(history.redo(mask));
    assert.deepEqual(mask.data, states[at]);
  }
  assert.equal(history.redo(mask), null);
});

test('a stroke that changes nothing is no step', () => {
  const mask = blank();
  const history = new History();
  paint(mask, history, 5, 1);
  assert.equal(paint(mask, history, 5, 1), null);
  assert.equal(history.done.length, 1);
});

test('a new stroke ends what could be redone', () => {
  const mask = blank();
  const history = new History();
  paint(mask, history, 5, 1);
  history.undo(mask);
  paint(mask, history, 20, 2);
  assert.equal(history.redo(mask), null);
});

test('the oldest steps go when the history holds too much, never the last one', () => {
  const mask = blank();
  const history = new History(300);
  for (const x of [5, 15, 25, 35]) paint(mask, history, x, 1);
  assert.ok(history.done.length < 4);
  assert.ok(history.done.length >= 1);
  assert.ok(history.undo(mask));
});
