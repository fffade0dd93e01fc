import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../src/fairhand/web/desk/static/geometry.js';
import { sideNear } from '../../src/fairhand/web/desk/static/shape.js';

test('the nearest corner is found only within reach', () => {
  const points = [{ x: 0, y: 0 }, { x: 10, y: 0 }];
  assert.equal(nearest(points, { x: 8, y: 0 }, 3), 1);
  assert.equal(nearest(points, { x: 5, y: 0 }, 3), -1);
});

test('a point beside a line between two corners goes between them', () => {
  const points = [{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 10 }];
  assert.equal(sideNear(points, { x: 5, y: 1 }, 2), 1);
  assert.equal(sideNear(points, { x: 11, y: 6 }, 2), 2);
  assert.equal(sideNear(points, { x: 5, y: 5 }, 2), -1, 'the side that closes the shape is not drawn yet');
  assert.equal(sideNear(points, { x: -1, y: 0 }, 2), -1, 'beyond the end');
});
