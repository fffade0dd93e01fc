import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jointAt, nextOpen, put, readJoints, writeJoints } from '../../src/fairhand/web/desk/static/joints.js';

const NAMES = ['head', 'hand', 'foot'];

test('an answer is read and written as it was', () => {
  const points = [{ label: 'head', state: 'visible', at: [3, 4] }, { label: 'foot', state: 'absent' }];
  const joints = readJoints({ size: [9, 9], points }, NAMES);
  assert.equal(joints[1], null);
  assert.deepEqual(writeJoints(joints, NAMES), points);
  assert.deepEqual(readJoints(null, NAMES), [null, null, null]);
});

test('the next open point is looked for around the end', () => {
  let joints = readJoints(null, NAMES);
  joints = put(joints, 2, { state: 'visible', at: { x: 1, y: 1 } });
  assert.equal(nextOpen(joints, 2), 0);
  assert.equal(nextOpen(joints, 0), 1);
  joints = put(put(joints, 0, { state: 'absent' }), 1, { state: 'absent' });
  assert.equal(nextOpen(joints, 1), -1);
});

test('a finger finds the nearest point within its reach; absent ones are nowhere', () => {
  const joints = [{ state: 'visible', at: { x: 10, y: 10 } }, { state: 'absent' }, { state: 'hidden', at: { x: 16, y: 10 } }];
  assert.equal(jointAt(joints, { x: 14, y: 10 }, 5), 2);
  assert.equal(jointAt(joints, { x: 11, y: 10 }, 5), 0);
  assert.equal(jointAt(joints, { x: 30, y: 10 }, 5), -1);
});
