import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crossing } from '../../src/fairhand/web/desk/static/crossing.js';
import { isInside, nearestEdge, shifted, thingAt } from '../../src/fairhand/web/desk/static/finding.js';
import { Grid } from '../../src/fairhand/web/desk/static/grid.js';
import { boxAround, cornersOf, onPicture, overlap, snapped } from '../../src/fairhand/web/desk/static/shapes.js';
import { Steps } from '../../src/fairhand/web/desk/static/steps.js';

const ring = (...pairs) => pairs.map(([x, y]) => ({ x, y }));
const size = { width: 100, height: 80 };

/** Numbers between 0 and 1, the same each time. */
function dice(seed) {
  return () => ((seed = (seed * 48271) % 2147483647) / 2147483647);
}

test('four ends in any order make the box around them', () => {
  const ends = ring([30, 10], [12, 25], [40, 60], [55, 33]);
  assert.deepEqual(boxAround(ends), ring([12, 10], [55, 60]));
  assert.deepEqual(boxAround(ends.toReversed()), ring([12, 10], [55, 60]));
});

test('nothing is placed outside the picture, and hundredths are kept', () => {
  assert.deepEqual(onPicture({ x: -3, y: 80.5 }, size), { x: 0, y: 80 });
  assert.deepEqual(onPicture({ x: 3.14159, y: 2.999 }, size), { x: 3.14, y: 3 });
  assert.deepEqual(shifted(ring([10, 10], [20, 30]), -50, 100, size), ring([0, 60], [10, 80]));
});

test('a bow tie crosses, a fold lies on itself, a star with a bay does neither', () => {
  assert.deepEqual(crossing(ring([0, 0], [10, 10], [10, 0], [0, 10])), [0, 2]);
  assert.notEqual(crossing(ring([0, 0], [10, 0], [5, 0])), null);
  assert.notEqual(crossing(ring([0, 0], [10, 0], [10, 0.001], [5, 8])), null);
  assert.notEqual(crossing(ring([0, 0], [40, 0], [40, 40], [20, 0], [0, 40])), null);
  assert.equal(crossing(ring([0, 0], [40, 0], [40, 40], [20, 5], [0, 40])), null);
  assert.equal(crossing(ring([0, 0], [1, 0], [0, 1])), null);
});

test('where an outline begins and how it runs changes nothing about its crossing', () => {
  const throwDie = dice(11);
  for (let round = 0; round < 300; round++) {
    const corners = Array.from({ length: 3 + (round % 5) }, () => ({ x: Math.floor(throwDie() * 12), y: Math.floor(throwDie() * 12) }));
    const crosses = crossing(corners) !== null;
    for (let k = 1; k < corners.length; k++) {
      const turned = [...corners.slice(k), ...corners.slice(0, k)];
      assert.equal(crossing(turned) !== null, crosses, JSON.stringify(corners));
      assert.equal(crossing(turned.toReversed()) !== null, crosses, JSON.stringify(corners));
    }
  }
});

test('a finger means the outline it is on, else the smallest thing around it', () => {
  const large = { id: 1, label: 0, points: ring([0, 0], [60, 60]) };
  const small = { id: 2, label: 0, points: ring([20, 20], [40, 40]) };
  const ringOf = (thing) => cornersOf(thing.points);
  const at = (x, y) => thingAt([large, small], ringOf, { x, y }, 2)?.id ?? null;
  assert.equal(at(30, 30), 2);
  assert.equal(at(10, 10), 1);
  assert.equal(at(19, 30), 2);
  assert.equal(at(1, 30), 1);
  assert.equal(at(70, 70), null);
});

test('the nearest edge is found, and inside is inside of a bay too', () => {
  const bay = ring([0, 0], [40, 0], [40, 40], [20, 10], [0, 40]);
  assert.equal(nearestEdge(bay, { x: 20, y: 1 }).edge, 0);
  assert.equal(nearestEdge(bay, { x: 39, y: 20 }).edge, 1);
  assert.equal(isInside(bay, { x: 5, y: 20 }), true);
  assert.equal(isInside(bay, { x: 20, y: 30 }), false);
});

test('sides snap to a suggestion that the box nearly is, and to no other', () => {
  const ghost = ring([10, 10], [50, 40]);
  assert.deepEqual(snapped(ring([11, 8.5], [56, 41]), [ghost], 2), ring([10, 10], [56, 40]));
  const elsewhere = ring([40, 30], [90, 70]);
  assert.deepEqual(snapped(elsewhere, [ghost], 2), elsewhere);
  assert.equal(overlap({ x0: 0, y0: 0, x1: 2, y1: 1 }, { x0: 1, y0: 0, x1: 3, y1: 1 }), 1 / 3);
});

test('the grid finds what a look at everything finds', () => {
  const throwDie = dice(3);
  const grid = new Grid({ width: 1000, height: 700 });
  const things = Array.from({ length: 400 }, (_, id) => {
    const [x, y] = [throwDie() * 1000, throwDie() * 700];
    return { id, label: 0, points: ring([x, y], [x + throwDie() * 90, y + throwDie() * 90]) };
  });
  for (const thing of things) grid.add(thing);
  for (const thing of things.slice(0, 50)) grid.remove(thing);
  for (let round = 0; round < 40; round++) {
    const [x0, y0] = [throwDie() * 1000 - 50, throwDie() * 700 - 50];
    const rect = { x0, y0, x1: x0 + throwDie() * 200, y1: y0 + throwDie() * 200 };
    const seen = things.slice(50).filter(({ points: [a, b] }) => a.x <= rect.x1 && b.x >= rect.x0 && a.y <= rect.y1 && b.y >= rect.y0);
    assert.deepEqual(grid.query(rect).map((one) => one.id).sort((a, b) => a - b), seen.map((one) => one.id));
  }
  const everywhere = { x0: 0, y0: 0, x1: 1000, y1: 700 };
  assert.equal(grid.holdsMany(everywhere, 349), true);
  assert.equal(grid.holdsMany(everywhere, 350), false);
});

test('steps go back and forth, and a new one ends what could be redone', () => {
  const steps = new Steps('a');
  assert.equal(steps.undo(), false);
  steps.push('b');
  steps.push('c');
  assert.equal(steps.undo() && steps.now, 'b');
  assert.equal(steps.redo() && steps.now, 'c');
  steps.undo();
  steps.push('d');
  assert.equal(steps.redo(), false);
  assert.equal(steps.undo() && steps.undo() && steps.now, 'a');
});
