import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellAt, eachCell, fillPolygon, floodFill, mapTile } from '../../src/fairhand/web/desk/static/areas.js';
import { TILE } from '../../src/fairhand/web/desk/static/cell.js';
import { paintStroke, Tiles } from '../../src/fairhand/web/desk/static/grain.js';

const blank = (width, height) => new Tiles(width, height, false);
const row = (mask, y) => Array.from({ length: mask.width }, (_, x) => cellAt(mask, x, y));
const rows = (mask) => Array.from({ length: mask.height }, (_, y) => row(mask, y).join(''));
const count = (mask, id) => {
  let found = 0;
  eachCell(mask, id, () => found++);
  return found;
};

test('a brush of one pixel paints the pixel under it', () => {
  const mask = blank(4, 3);
  paintStroke(mask, { x: 2.1, y: 1.9 }, { x: 2.1, y: 1.9 }, 0.5, 1);
  assert.deepEqual(rows(mask), ['0000', '0010', '0000']);
});

test('a stroke paints every pixel whose centre is within the radius, and no other', () => {
  const strokes = [
    [{ x: 4.2, y: 5.5 }, { x: 22.7, y: 13.1 }, 3.3],
    [{ x: 22.7, y: 13.1 }, { x: 4.2, y: 5.5 }, 3.3],
    [{ x: 3.1, y: 2.2 }, { x: 3.1, y: 17.4 }, 2.2],
    [{ x: 25.3, y: 9.7 }, { x: 6.2, y: 9.7 }, 4.1],
    [{ x: 12.4, y: 9.9 }, { x: 12.4, y: 9.9 }, 5.2],
    [{ x: -4.2, y: 9.9 }, { x: 40.4, y: 1.9 }, 6.1],
  ];
  for (const [from, to, radius] of strokes) {
    const mask = blank(30, 20);
    paintStroke(mask, from, to, radius, 1);
    for (let y = 0; y < 20; y++) {
      for (let x = 0; x < 30; x++) {
        assert.equal(cellAt(mask, x, y), distance(from, to, x + 0.5, y + 0.5) <= radius ? 1 : 0, `${x},${y}`);
      }
    }
  }
});

/** Distance to a segment by dense sampling, another way than the code under test. */
function distance(from, to, x, y) {
  let least = Infinity;
  for (let i = 0; i <= 4000; i++) {
    const k = i / 4000;
    least = Math.min(least, Math.hypot(from.x + k * (to.x - from.x) - x, from.y + k * (to.y - from.y) - y));
  }
  return least;
}

test('a stroke outside the picture changes nothing', () => {
  const mask = blank(5, 5);
  paintStroke(mask, { x: -50, y: 2 }, { x: -40, y: 2 }, 3, 1);
  paintStroke(mask, { x: 2, y: 90 }, { x: 3, y: 80 }, 3, 1);
  assert.deepEqual(mask.commit(), []);
  assert.ok(mask.isEmpty());
});

test('a stroke across tiles is whole, and only its tiles exist', () => {
  const mask = blank(4 * TILE, 3 * TILE);
  paintStroke(mask, { x: TILE - 20, y: TILE + 10 }, { x: TILE + 20, y: TILE + 10 }, 5, 7);
  for (let x = TILE - 20; x < TILE + 20; x++) assert.equal(cellAt(mask, x, TILE + 10), 7);
  assert.deepEqual(mask.tiles.flatMap((tile, at) => (tile ? [at] : [])), [4, 5]);
});

test('what changed since the last drawing is told, and holds all of it', () => {
  const mask = blank(700, 600);
  paintStroke(mask, { x: 240, y: 250 }, { x: 300, y: 290 }, 9, 2);
  const { x0, y0, x1, y1 } = mask.dirty;
  eachCell(mask, 2, (x, y) => assert.ok(x >= x0 && x < x1 && y >= y0 && y < y1));
  assert.ok(x1 - x0 < 90 && y1 - y0 < 70);
});

test('areas are counted by region, through steps there and back', () => {
  const mask = blank(600, 300);
  fillPolygon(mask, [{ x: 200, y: 10 }, { x: 300, y: 10 }, { x: 300, y: 20 }, { x: 200, y: 20 }], 3);
  const first = mask.commit();
  fillPolygon(mask, [{ x: 250, y: 0 }, { x: 270, y: 0 }, { x: 270, y: 30 }, { x: 250, y: 30 }], 4);
  const second = mask.commit();
  assert.deepEqual([mask.area[3], mask.area[4]], [800, 600]);
  mask.apply(second, 'before');
  assert.deepEqual([mask.area[3], mask.area[4]], [1000, 0]);
  mask.apply(first, 'before');
  assert.ok(mask.isEmpty());
  mask.apply(first, 'after');
  mask.apply(second, 'after');
  assert.deepEqual([mask.area[3], mask.area[4], count(mask, 3)], [800, 600, 800]);
});

test('a step that is called off leaves what was there', () => {
  const mask = blank(600, 300);
  fillPolygon(mask, [{ x: 0, y: 0 }, { x: 280, y: 0 }, { x: 280, y: 280 }, { x: 0, y: 280 }], 1);
  mask.commit();
  paintStroke(mask, { x: 100, y: 100 }, { x: 500, y: 200 }, 20, 2);
  mask.cancel();
  assert.deepEqual([count(mask, 1), count(mask, 2)], [280 * 280, 0]);
  assert.deepEqual(mask.commit(), []);
});

test('a tile on which all is erased is given up', () => {
  const mask = blank(300, 300);
  paintStroke(mask, { x: 20, y: 20 }, { x: 40, y: 40 }, 5, 1);
  mask.commit();
  paintStroke(mask, { x: 20, y: 20 }, { x: 40, y: 40 }, 8, 0);
  mask.commit();
  assert.ok(mask.isEmpty());
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
  assert.equal(cellAt(mask, 4, 4), 0);
  assert.equal(cellAt(mask, 1, 1), 1);
});

test('two points are no polygon', () => {
  const mask = blank(4, 4);
  fillPolygon(mask, [{ x: 0, y: 0 }, { x: 3, y: 3 }], 1);
  assert.deepEqual(mask.commit(), []);
});

test('a polygon that reaches outside is cut at the border', () => {
  const mask = blank(3, 3);
  fillPolygon(mask, [{ x: -9, y: -9 }, { x: 99, y: -9 }, { x: 99, y: 99 }, { x: -9, y: 99 }], 1);
  assert.equal(count(mask, 1), 9);
});

test('a flood stops at other regions and does not leak through corners', () => {
  const mask = blank(5, 5);
  for (const [x, y] of [[2, 0], [1, 1], [0, 2]]) mask.fillRow(y, x, x + 1, 3);
  floodFill(mask, { x: 0.5, y: 0.5 }, 1);
  assert.deepEqual(rows(mask), ['11300', '13000', '30000', '00000', '00000']);
});

test('a flood reaches round every bend, across tiles', () => {
  const mask = blank(TILE + 50, TILE + 40);
  for (let y = 0; y < TILE + 39; y++) mask.fillRow(y, TILE - 3, TILE - 2, 9);
  for (let y = 1; y < TILE + 40; y++) mask.fillRow(y, TILE + 4, TILE + 5, 9);
  floodFill(mask, { x: 0.5, y: 0.5 }, 1);
  mask.commit();
  assert.equal(count(mask, 1), (TILE + 50) * (TILE + 40) - 2 * (TILE + 39));
});

test('a flood of a picture without marks fills it', () => {
  const mask = blank(2 * TILE + 7, TILE + 1);
  floodFill(mask, { x: 300.5, y: 200.5 }, 1);
  assert.equal(count(mask, 1), (2 * TILE + 7) * (TILE + 1));
});

test('a tile is changed cell by cell, and only inside the picture', () => {
  const mask = blank(TILE + 3, 2);
  mapTile(mask, 1, (cell, index) => (cell === 0 && index % 2 ? 5 : cell));
  assert.equal(mask.commit().length, 1);
  assert.deepEqual([0, 1, 2].map((x) => cellAt(mask, TILE + x, 1)), [0, 5, 0]);
  assert.equal(mask.area[5], 2);
});
