import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelFor, placeOf, tilesInView } from '../../src/fairhand/web/desk/static/tiles.js';
import { fit, zoomAt } from '../../src/fairhand/web/desk/static/viewport.js';

const image = { width: 20000, height: 20000 };
const frame = { width: 800, height: 600 };
const SIDE = 512;
const LEVELS = 7;

test('a whole large picture asks for few tiles of a coarse level', () => {
  const view = fit(image, frame);
  const level = levelFor(view.scale, LEVELS);
  assert.equal(level, 5);
  assert.ok(tilesInView(view, frame, image, SIDE, level).length <= 4);
});

test('at full size the tiles are the picture itself', () => {
  assert.equal(levelFor(1, LEVELS), 0);
  assert.equal(levelFor(30, LEVELS), 0);
  assert.equal(levelFor(0.5, LEVELS), 1);
  assert.equal(levelFor(0.0001, LEVELS), LEVELS - 1);
});

test('what is in view is covered wholly, and nothing beyond the picture is asked for', () => {
  let view = fit(image, frame);
  for (const at of [{ x: 1, y: 1 }, { x: 400, y: 300 }, { x: 799, y: 599 }]) {
    view = zoomAt(view, 3.1, at, image, frame);
    const level = levelFor(view.scale, LEVELS);
    const tiles = tilesInView(view, frame, image, SIDE, level);
    const left = Math.max(0, -view.x / view.scale);
    const top = Math.max(0, -view.y / view.scale);
    const right = Math.min(image.width, (frame.width - view.x) / view.scale);
    const bottom = Math.min(image.height, (frame.height - view.y) / view.scale);
    const inside = (x, y) => tiles.some((tile) => {
      const place = placeOf(tile, image, SIDE);
      return x >= place.x && x <= place.x + place.width && y >= place.y && y <= place.y + place.height;
    });
    for (const x of [left, (left + right) / 2, right]) for (const y of [top, (top + bottom) / 2, bottom]) assert.ok(inside(x, y), `${x}, ${y}`);
    assert.ok(tiles.every(({ column, row }) => column >= 0 && row >= 0 && column * SIDE * 2 ** level < image.width && row * SIDE * 2 ** level < image.height));
    assert.ok(tiles.length <= 20, String(tiles.length));
  }
});

test('the tiles at the edge end with the picture', () => {
  assert.deepEqual(placeOf({ level: 0, column: 39, row: 0 }, image, SIDE), { x: 19968, y: 0, width: 32, height: 512 });
});
