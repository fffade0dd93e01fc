import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillPolygon, floodFill, nearest, stroke, union } from '../../src/fairhand/web/desk/static/geometry.js';

const blank = (width, height) => ({ data: new Uint8Array(width * height), width, height });
const rows = (mask) =>
  Array.from({ length: mask.height }, (_, y) => [...mask.data.slice(y * mask.width, (y + 1) * mask.width)].join(''));

test('a brush of one pixel paints the pixel under it', () => {
  const mask = blank(4, 3);
  stroke(mask, { x: 2.1, y: 1.9 }, { x: 2.1, y: 1.9 }, 0.5, 1);
  assert.deepEqual(rows(mask), ['0000', '0010', '0000']);
});

test('a stroke paints every pixel whose centre is within the radius, and no other', () => {
  const mask = blank(30, 20);
  const [from, to, radius] = [{ x: 4.2, y: 5.5 }, { x: 22.7, y: 13.1 }, 3.3];
  stroke(mask, from, to, radius, 1);
  for (let y = 0; y < 20; y++) {
    for (let x = 0; x < 30; x++) {
      assert.equal(mask.data[y * 30 + x], distance(from, to, x + 0.5, y + 0.5) <= radius ? 1 : 0, `${x},${y}`);
    }
  }
});

/** Distance to a segment by dense sampling, another way than the code under test. */
function distance(from, to, x, y) {
  let least = Infinity;
  for (let i = 0; i <= 20000; i++) {
    const k = i / 20000;
    least = Math.min(least, Math.hypot(from.x + k * (to.x - from.x) - x, from.y + k * (to.y - from.y) - y));
  }
  return least;
}

test('a stroke outside the picture changes nothing', () => {
  const mask = blank(5, 5);
  assert.equal(stroke(mask, { x: -50, y: 2 }, { x: -40, y: 2 }, 3, 1), null);
  assert.ok(mask.data.every((cell) => cell === 0));
});

test('a stroke tells the rectangle that holds all it changed', () => {
  const mask = blank(40, 40);
  const rect = stroke(mask, { x: 10, y: 10 }, { x: 20, y: 15 }, 4, 2);
  mask.data.forEach((cell, at) => {
    if (!cell) return;
    const [x, y] = [at % 40, Math.floor(at / 40)];
    assert.ok(x >= rect.x0 && x < rect.x1 && y >= rect.y0 && y < rect.y1);
  });
});

test('a square polygon fills exactly its pixels', () => {
  const mask = blank(6, 5);
  fillPolygon(mask, [{ x: 1, y: 1 }, { x: 4, y: 1 }, { x: 4, y: 4 }, { x: 1, y: 4 }], 1);
  assert.deepEqual(rows(mask), ['000000', '011100', '011100', '011100', '000000']);
});

test('a ring that crosses itself leaves its middle free, by the even-odd rule', () => {
  const mask = blank(9, 9);
  const square = (a, b) => [{ x: a, y: a }, { x: b, y: a }, { x: b, y: b }, { x: a, y: b }, { x: a, y: a }];
  fillPolygon(mask, [...square(0, 9), ...square(3, 6)], 1);
  assert.equal(mask.data[4 * 9 + 4], 0);
  assert.equal(mask.data[1 * 9 + 1], 1);
});

test('two points are no polygon', () => {
  assert.equal(fillPolygon(blank(4, 4), [{ x: 0, y: 0 }, { x: 3, y: 3 }], 1), null);
});

test('a polygon that reaches outside is cut at the border', () => {
  const mask = blank(3, 3);
  fillPolygon(mask, [{ x: -9, y: -9 }, { x: 99, y: -9 }, { x: 99, y: 99 }, { x: -9, y: 99 }], 1);
  assert.ok(mask.data.every((cell) => cell === 1));
});

test('a flood stops at other regions and does not leak through corners', () => {
  const mask = blank(5, 5);
  for (const at of [2, 6, 10]) mask.data[at] = 3;
  const rect = floodFill(mask, { x: 0.5, y: 0.5 }, 1);
  assert.deepEqual(rows(mask), ['11300', '13000', '30000', '00000', '00000']);
  assert.deepEqual(rect, { x0: 0, y0: 0, x1: 2, y1: 2 });
});

test('a flood reaches round every bend', () => {
  const mask = blank(7, 7);
  for (let y = 0; y < 6; y++) mask.data[y * 7 + 2] = 9;
  for (let y = 1; y < 7; y++) mask.data[y * 7 + 4] = 9;
  floodFill(mask, { x: 0.5, y: 0.5 }, 1);
  assert.equal(mask.data.filter((cell) => cell === 1).length, 49 - 12);
});

test('the nearest corner is found only within reach', () => {
  const points = [{ x: 0, y: 0 }, { x: 10, y: 0 }];
  assert.equal(nearest(points, { x: 8, y: 0 }, 3), 1);
  assert.equal(nearest(points, { x: 5, y: 0 }, 3), -1);
});

test('the union of rectangles holds both', () => {
  const a = { x0: 0, y0: 0, x1: 2, y1: 2 };
  assert.deepEqual(union(a, { x0: 1, y0: 1, x1: 5, y1: 3 }), { x0: 0, y0: 0, x1: 5, y1: 3 });
  assert.equal(union(null, a), a);
});
