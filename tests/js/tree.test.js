import assert from 'node:assert/strict';
import { test } from 'node:test';
import { branchesOf, found } from '../../src/fairhand/web/desk/static/tree.js';

const LABELS = [
  { value: 'food', title: 'Food' },
  { value: 'coffee', title: 'Café', parent: 'food' },
  { value: 'cake', title: 'Cake', parent: 'food' },
  { value: 'road', title: 'Road' },
];

test('labels stand below their parents, in their order', () => {
  const tops = branchesOf(LABELS, false);
  assert.deepEqual(tops.map((one) => one.value), ['food', 'road']);
  assert.deepEqual(tops[0].children.map((one) => one.value), ['coffee', 'cake']);
  assert.deepEqual(tops[0].children[0].path, ['Food', 'Café']);
});

test('only the ends can be chosen, unless any level may', () => {
  assert.deepEqual(branchesOf(LABELS, false).map((one) => one.open), [false, true]);
  assert.deepEqual(branchesOf(LABELS, true).map((one) => one.open), [true, true]);
});

test('a search looks at the whole way and does not mind accents or case', () => {
  const tops = branchesOf(LABELS, false);
  assert.deepEqual([...found(tops, 'FOOD cafe')], ['coffee']);
  assert.deepEqual([...found(tops, 'food')], ['coffee', 'cake']);
  assert.deepEqual([...found(tops, 'boat')], []);
});
