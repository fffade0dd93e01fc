import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeName, toMap, toPixel } from '../../src/fairhand/web/desk/static/geo.js';

const north = [10, 0, 500000, 0, -10, 9860000];
const turned = [8.66, 5, 500000, 5, -8.66, 9860000];

test('a pixel has a place, and the place that pixel', () => {
  assert.deepEqual(toMap(north, { x: 3.5, y: 2 }), [500035, 9859980]);
  for (const transform of [north, turned]) {
    const back = toPixel(transform, toMap(transform, { x: 123.25, y: 77.5 }));
    assert.ok(Math.abs(back.x - 123.25) < 1e-6 && Math.abs(back.y - 77.5) < 1e-6);
  }
});

test('metres are told to the hundredth, degrees to the millionth', () => {
  assert.equal(placeName({ crs: 'EPSG:32737', transform: north, geographic: false }, { x: 1, y: 1 }), 'EPSG:32737 · 500010.00, 9859990.00');
  assert.equal(placeName({ crs: 'EPSG:4326', transform: [1e-5, 0, 36.8, 0, -1e-5, -1.29], geographic: true }, { x: 0, y: 0 }), 'EPSG:4326 · 36.800000, -1.290000');
});
