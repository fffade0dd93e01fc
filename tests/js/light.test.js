import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greys, levelAndWidth, light, windowOf } from '../../src/fairhand/web/desk/static/light.js';

test('the same window changes nothing', () => {
  assert.deepEqual([...greys([100, 900], [100, 900])], [...Array(256).keys()]);
});

test('a narrower window spreads its greys over all, and what is outside is black or white', () => {
  const table = greys([0, 255], [100, 151]);
  assert.equal(table[100], 0);
  assert.equal(table[99], 0);
  assert.equal(table[151], 255);
  assert.equal(table[152], 255);
  assert.equal(table[110], 50);
});

test('a window turned round is a negative', () => {
  const table = greys([0, 255], [255, 0]);
  assert.equal(table[0], 255);
  assert.equal(table[55], 200);
});

test('level and width say a window, and give it back', () => {
  assert.deepEqual(levelAndWidth([-160, 240]), { level: 40, width: 400, negative: false });
  assert.deepEqual(windowOf({ level: 40, width: 400, negative: false }, [-1024, 3071]), [-160, 240]);
  assert.deepEqual(windowOf({ level: 40, width: 400, negative: true }, [-1024, 3071]), [240, -160]);
});

test('a window of no width is one value wide', () => {
  const [black, white] = windowOf({ level: 7, width: 0, negative: false }, [0, 255]);
  assert.equal(white - black, 1);
});

test('only the colours of pixels are lit, not how clear they are', () => {
  const data = new Uint8ClampedArray([10, 20, 30, 40]);
  light(data, greys([0, 255], [255, 0]));
  assert.deepEqual([...data], [245, 235, 225, 40]);
});
