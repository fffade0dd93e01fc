import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from '../../src/fairhand/web/desk/static/turns.js';

test('turns go back in the order they were taken, whatever question they belong to', () => {
  const turns = new Turns();
  turns.push({ index: 0, before: null, after: 'cat', at: 0 });
  turns.push({ index: 1, own: true, at: 1 });
  turns.push({ index: 0, before: 'cat', after: 'dog', at: 2 });
  assert.deepEqual([turns.undo().after, turns.undo().index, turns.undo().before], ['dog', 1, null]);
  assert.equal(turns.undo(), undefined);
  assert.deepEqual([turns.redo().after, turns.redo().own, turns.redo().after], ['cat', true, 'dog']);
  assert.equal(turns.redo(), undefined);
});

test('a new step ends what could be done again', () => {
  const turns = new Turns();
  turns.push({ index: 0, before: null, after: 'cat', at: 0 });
  turns.undo();
  turns.push({ index: 0, before: null, after: 'dog', at: 1 });
  assert.equal(turns.redo(), undefined);
  assert.equal(turns.undo().after, 'dog');
});

test('what is typed in one breath is one step; a pause, a click or another field begins the next', () => {
  const turns = new Turns();
  const type = (before, after, at, index = 0) => turns.push({ index, before, after, at }, true);
  type('', 'a', 0);
  type('a', 'ab', 500);
  type('ab', 'abc', 1000);
  type('abc', 'abcd', 9000);
  type('', 'x', 9100, 1);
  turns.push({ index: 1, before: 'x', after: 'y', at: 9200 });
  const back = [turns.undo(), turns.undo(), turns.undo(), turns.undo()];
  assert.deepEqual(back.map((step) => [step.before, step.after]), [['x', 'y'], ['', 'x'], ['abc', 'abcd'], ['', 'abc']]);
});
