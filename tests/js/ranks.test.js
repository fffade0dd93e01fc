import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinTo, putAt, rankOf, readRanks, shift, toggleTie, without } from '../../src/fairhand/web/desk/static/ranks.js';

const order = [['a'], ['b', 'c'], ['d']];

test('a reply goes up past its neighbour, and a tie it passes stays a tie', () => {
  assert.deepEqual(shift(order, 'd', -1), [['a'], ['d'], ['b', 'c']]);
  assert.deepEqual(shift(order, 'a', 1), [['b', 'c'], ['a'], ['d']]);
});

test('a reply that leaves a tie stands beside the others of it', () => {
  assert.deepEqual(shift(order, 'c', -1), [['a'], ['c'], ['b'], ['d']]);
  assert.deepEqual(shift(order, 'b', 1), [['a'], ['c'], ['b'], ['d']]);
});

test('the best cannot become better, nor the worst worse', () => {
  assert.equal(shift(order, 'a', -1), order);
  assert.equal(shift(order, 'd', 1), order);
});

test('a tie is made with what stands above, and undone again', () => {
  const tied = toggleTie(order, 'd');
  assert.deepEqual(tied, [['a'], ['b', 'c', 'd']]);
  assert.deepEqual(toggleTie(tied, 'd'), order);
  assert.equal(toggleTie(order, 'a'), order);
});

test('dragging puts a reply beside another, or into a rank of its own', () => {
  assert.deepEqual(joinTo(order, 'a', 'd'), [['b', 'c'], ['d', 'a']]);
  assert.equal(joinTo(order, 'a', 'a'), order);
  assert.deepEqual(putAt(order, 'd', 0), [['d'], ['a'], ['b', 'c']]);
  assert.deepEqual(putAt(order, 'e', 9), [...order, ['e']]);
});

test('no step loses a reply or names one twice', () => {
  const steps = [(r, id) => shift(r, id, 1), (r, id) => shift(r, id, -1), toggleTie, (r, id) => joinTo(r, id, 'a')];
  let ranks = order;
  for (let n = 0; n < 400; n++) {
    const id = 'abcd'[(n * 7) % 4];
    ranks = steps[(n * n + 3) % 4](ranks, id);
    assert.deepEqual(ranks.flat().sort(), ['a', 'b', 'c', 'd']);
    assert.ok(ranks.every((group) => group.length > 0));
    assert.ok(rankOf(ranks, id) >= 0);
  }
});

test('taking a reply out leaves no empty rank', () => {
  assert.deepEqual(without(order, 'a'), [['b', 'c'], ['d']]);
});

test('of a stored order only what is still there is read', () => {
  assert.deepEqual(readRanks([['a', 'x'], ['x'], 'b', ['b', 'a']], ['a', 'b']), [['a'], ['b']]);
  assert.deepEqual(readRanks(null, ['a']), []);
});
