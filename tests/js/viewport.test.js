import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fit, panBy, toFrame, toImage, zoomAt } from '../../src/fairhand/web/desk/static/viewport.js';

const image = { width: 1000, height: 500 };
const frame = { width: 360, height: 400 };
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);

test('the whole picture fits and lies in the middle', () => {
  const view = fit(image, frame);
  near(view.scale, 0.36);
  near(view.x, 0);
  near(view.y, (400 - 180) / 2);
});

test('a point goes to the window and comes back', () => {
  const view = zoomAt(fit(image, frame), 3.7, { x: 100, y: 200 }, image, frame);
  const back = toImage(view, toFrame(view, { x: 123.25, y: 77.5 }));
  near(back.x, 123.25);
  near(back.y, 77.5);
});

test('zooming keeps the point under the fingers where it is', () => {
  const at = { x: 150, y: 210 };
  const view = fit(image, frame);
  const before = toImage(view, at);
  const after = toImage(zoomAt(view, 2.5, at, image, frame), at);
  near(after.x, before.x);
  near(after.y, before.y);
});

test('the picture cannot be pushed out of the window', () => {
  for (const [dx, dy] of [[9999, 0], [-9999, 0], [0, 9999], [0, -9999]]) {
    const view = panBy(zoomAt(fit(image, frame), 4, { x: 1, y: 1 }, image, frame), dx, dy, image, frame);
    assert.ok(view.x < frame.width && view.x + image.width * view.scale > 0);
    assert.ok(view.y < frame.height && view.y + image.height * view.scale > 0);
  }
});

test('zoom has an end in both directions', () => {
  let view = fit(image, frame);
  for (let i = 0; i < 99; i++) view = zoomAt(view, 2, { x: 9, y: 9 }, image, frame);
  near(view.scale, 40);
  for (let i = 0; i < 99; i++) view = zoomAt(view, 0.5, { x: 9, y: 9 }, image, frame);
  near(view.scale, 0.18);
});
