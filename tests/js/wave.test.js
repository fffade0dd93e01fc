// @ts-check
import assert from 'node:assert/strict';
import test from 'node:test';
import { clockTime, columnsOf, following, withSegment, zoomed } from '../../src/fairhand/web/desk/static/wave.js';

test('times are written as people write them', () => {
  assert.equal(clockTime(0), '0:00.0');
  assert.equal(clockTime(62_540), '1:02.5');
  assert.equal(clockTime(59_960), '1:00.0');
});

test('a column shows the lowest and highest of what lies under it', () => {
  const peaks = new Int8Array([-127, 127, 0, 0, -10, 64, 0, 0]);
  const all = columnsOf(peaks, 4000, { start: 0, end: 4000 }, 2);
  assert.deepEqual(all, [[-1, 1], [-10 / 127, 64 / 127]]);
  const near = columnsOf(peaks, 4000, { start: 2000, end: 3000 }, 3);
  assert.ok(near.every(([low, high]) => low === -10 / 127 && high === 64 / 127));
});

test('zooming keeps the time under the eye where it was', () => {
  const view = zoomed({ start: 0, end: 10_000 }, 10_000, 0.5, 4_000);
  assert.deepEqual(view, { start: 2_000, end: 7_000 });
  assert.deepEqual(zoomed(view, 10_000, 4, 4_000), { start: 0, end: 10_000 });
  assert.equal(zoomed({ start: 0, end: 600 }, 10_000, 0.1, 0).end, 500);
});

test('the view follows what is played only when it leaves it', () => {
  const view = { start: 1_000, end: 2_000 };
  assert.equal(following(view, 10_000, 1_500), view);
  assert.deepEqual(following(view, 10_000, 2_500), { start: 2_400, end: 3_400 });
  assert.deepEqual(following(view, 10_000, 9_990), { start: 9_000, end: 10_000 });
});

const a = { start: 0, end: 100, label: 'a' };
const b = { start: 80, end: 200, label: 'b' };

test('stretches of one label that meet become one, others may overlap', () => {
  assert.deepEqual(withSegment([a, b], { start: 100, end: 150, label: 'a' }, false), [
    { start: 0, end: 150, label: 'a' },
    b,
  ]);
});

test('where stretches may not overlap the others give way', () => {
  assert.deepEqual(withSegment([a], b, true), [{ ...a, end: 80 }, b]);
  const inside = { start: 40, end: 60, label: 'b' };
  assert.deepEqual(withSegment([a], inside, true), [{ ...a, end: 40 }, inside, { ...a, start: 60 }]);
  assert.deepEqual(withSegment([a], { start: 5, end: 95, label: 'b' }, true), [{ start: 5, end: 95, label: 'b' }]);
});
