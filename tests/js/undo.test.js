import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paintStroke, Tiles } from '../../src/fairhand/web/desk/static/grain.js';
import { MaskLayer } from '../../src/fairhand/web/desk/static/layer.js';
import { encode } from '../../src/fairhand/web/desk/static/rle.js';
import { History } from '../../src/fairhand/web/desk/static/undo.js';

const LABELS = [{ value: 'cell' }, { value: 'vessel' }];
const SIZE = { width: 400, height: 300 };

/** Paints one stroke and ends it, as the page does. */
function paint(layer, x, id) {
  paintStroke(layer.mask, { x, y: 20 }, { x: x + 60, y: 220 }, 9, id);
  return layer.commit();
}

/** A region as text: a rectangle of the picture. */
function rectangle(x0, y0, x1, y1) {
  const mask = new Tiles(SIZE.width, SIZE.height, false);
  for (let y = y0; y < y1; y++) mask.fillRow(y, x0, x1, 1);
  mask.commit();
  return encode(mask).get(1);
}

const things = (...regions) => ({ size: [SIZE.height, SIZE.width], regions });
const proposed = (...regions) => {
  const layer = new MaskLayer(SIZE.width, SIZE.height, LABELS, true);
  assert.ok(layer.load(things(...regions), 'proposed'));
  return layer;
};

test('undo and redo walk through every state, there and back', () => {
  const layer = new MaskLayer(SIZE.width, SIZE.height, LABELS, false);
  const states = [layer.save()];
  for (const [x, id] of [[50, 1], [80, 2], [230, 1], [231, 0]]) {
    assert.ok(paint(layer, x, id));
    states.push(layer.save());
  }
  for (let at = 3; at >= 0; at--) {
    assert.ok(layer.step('undo'));
    assert.deepEqual(layer.save(), states[at]);
  }
  assert.equal(layer.step('undo'), null);
  for (let at = 1; at <= 4; at++) {
    assert.ok(layer.step('redo'));
    assert.deepEqual(layer.save(), states[at]);
  }
  assert.equal(layer.step('redo'), null);
});

test('a stroke that changes nothing is no step', () => {
  const layer = new MaskLayer(SIZE.width, SIZE.height, LABELS, false);
  paint(layer, 50, 1);
  assert.equal(paint(layer, 50, 1), false);
  assert.equal(layer.history.done.length, 1);
});

test('a new stroke ends what could be redone', () => {
  const layer = new MaskLayer(SIZE.width, SIZE.height, LABELS, false);
  paint(layer, 50, 1);
  layer.step('undo');
  paint(layer, 200, 2);
  assert.equal(layer.step('redo'), null);
});

test('the oldest steps go when the history holds too much, never the last one', () => {
  const history = new History(300);
  const step = () => ({ patches: [{ at: 0, rect: { x0: 0, y0: 0, x1: 5, y1: 10 }, before: new Uint8Array(50), after: new Uint8Array(50) }], marks: [] });
  for (let round = 0; round < 4; round++) history.push(step());
  assert.equal(history.done.length, 1);
  history.limit = 30;
  history.push(step());
  assert.equal(history.done.length, 1);
});

test('a step says what a person did to a thing: keep it, name it, take it away', () => {
  const layer = proposed({ label: 'cell', counts: rectangle(10, 10, 60, 60) });
  assert.equal(layer.things[0].state, 'proposed');
  layer.commit([{ id: 1, after: { state: 'kept' } }]);
  layer.commit([{ id: 1, after: { label: 1 } }]);
  assert.deepEqual(layer.save()[0].label, 'vessel');
  layer.step('undo');
  layer.step('undo');
  assert.deepEqual(layer.things[0], { label: 0, state: 'proposed' });
});

test('a proposed thing that a person corrects is theirs, until they take that back', () => {
  const layer = proposed({ label: 'cell', counts: rectangle(10, 10, 60, 60) });
  layer.choose(1);
  paint(layer, 20, 1);
  assert.equal(layer.things[0].state, 'kept');
  layer.step('undo');
  assert.equal(layer.things[0].state, 'proposed');
});

test('things that hide parts of each other come back as they were while nobody changes them', () => {
  const lower = { label: 'cell', counts: rectangle(10, 10, 110, 110) };
  const upper = { label: 'vessel', counts: rectangle(60, 60, 160, 160) };
  const hidden = { label: 'cell', counts: rectangle(70, 70, 80, 80) };
  const layer = proposed(hidden, lower, upper);
  assert.deepEqual(layer.save(), [hidden, lower, upper]);
  layer.choose(2);
  paintStroke(layer.mask, { x: 20, y: 20 }, { x: 21, y: 20 }, 15, 2);
  layer.commit();
  const [first, second, third] = layer.save();
  assert.deepEqual([first, third], [hidden, upper]);
  assert.notEqual(second.counts, lower.counts);
  layer.step('undo');
  assert.deepEqual(layer.save(), [hidden, lower, upper]);
});

test('clearing takes away what is hidden too, and undo brings all of it back', () => {
  const regions = [
    { label: 'cell', counts: rectangle(70, 70, 80, 80) },
    { label: 'vessel', counts: rectangle(60, 60, 160, 160) },
  ];
  const layer = proposed(...regions);
  assert.ok(layer.clear());
  assert.deepEqual(layer.save(), []);
  assert.ok(layer.isEmpty());
  layer.step('undo');
  assert.deepEqual(layer.save(), regions);
});

test('a proposed thing that was not touched is to be looked at again after a reload', () => {
  const same = { label: 'cell', counts: rectangle(10, 10, 60, 60) };
  const layer = new MaskLayer(SIZE.width, SIZE.height, LABELS, true);
  layer.load(things(same, { label: 'cell', counts: rectangle(100, 100, 120, 120) }), 'own', things(same));
  assert.deepEqual(layer.things.map((thing) => thing.state), ['proposed', 'own']);
});

test('a mask for another picture is not loaded', () => {
  const layer = new MaskLayer(SIZE.width, SIZE.height, LABELS, false);
  assert.equal(layer.load({ size: [2, 2], regions: [{ label: 'cell', counts: '04' }] }, 'own'), false);
});
