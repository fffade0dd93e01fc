import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellAt } from '../../src/fairhand/web/desk/static/areas.js';
import { paintStroke, Tiles } from '../../src/fairhand/web/desk/static/grain.js';
import { decodeInto, encode, runsToString, stringToRuns } from '../../src/fairhand/web/desk/static/rle.js';

/** Made with the COCO API (pycocotools 2.0): height, width, text, pixels row by row. */
const KNOWN = [
  [5, 2, '0:', '1111111111'],
  [6, 5, '211011OO200000N020N', '000110100011100000001101100000'],
];
const DISC = 'j65P16L2N2N2O000O2O00000001N10001N2N2N4JQ7';

/** A mask from its pixels, row by row. */
function drawn(pixels, width, height) {
  const mask = new Tiles(width, height, true);
  [...pixels].forEach((cell, at) => mask.fillColumn(at % width, Math.floor(at / width), Math.floor(at / width) + 1, Number(cell)));
  mask.commit();
  return mask;
}

const pixelsOf = (mask) =>
  Array.from({ length: mask.width * mask.height }, (_, at) => cellAt(mask, at % mask.width, Math.floor(at / mask.width)));

test('a mask is written as the COCO API writes it', () => {
  for (const [height, width, text, pixels] of KNOWN) {
    assert.equal(encode(drawn(pixels, width, height)).get(1), text);
  }
});

test('a COCO text is read back pixel for pixel', () => {
  for (const [height, width, text, pixels] of KNOWN) {
    const mask = new Tiles(width, height, false);
    decodeInto(text, mask, 1);
    assert.equal(pixelsOf(mask).join(''), pixels);
  }
});

test('a disc of the COCO API has the area that the COCO API gives it', () => {
  const mask = new Tiles(30, 40, false);
  decodeInto(DISC, mask, 3);
  assert.equal(mask.commit().length, 1);
  assert.equal(mask.area[3], 285);
  assert.equal(encode(mask).get(3), DISC);
});

let seed = 7;
const dice = (sides) => (seed = (seed * 1103515245 + 12345) % 2147483648) % sides;

test('several regions of one random mask are written and read without a changed pixel', () => {
  for (let round = 0; round < 40; round++) {
    const [width, height] = [1 + dice(37), 1 + dice(29)];
    const mask = drawn(Array.from({ length: width * height }, () => (dice(3) ? 0 : dice(400))), width, height);
    const again = new Tiles(width, height, true);
    for (const [id, text] of encode(mask)) decodeInto(text, again, id);
    assert.deepEqual(pixelsOf(again), pixelsOf(mask));
  }
});

test('a mask of several tiles is written as one, and again after each change', () => {
  const mask = new Tiles(700, 530, false);
  for (let round = 0; round < 12; round++) {
    const [from, to] = [0, 1].map(() => ({ x: dice(700), y: dice(530) }));
    paintStroke(mask, from, to, 5 + dice(60), dice(4));
    if (mask.commit().length && round % 3 === 2) mask.strips.forEach((strip, at) => dice(2) && strip && (mask.strips[at] = null));
    const again = new Tiles(700, 530, false);
    for (const [id, text] of encode(mask)) decodeInto(text, again, id);
    assert.deepEqual(pixelsOf(again), pixelsOf(mask));
  }
});

test('an empty mask has no regions', () => {
  assert.equal(encode(new Tiles(4, 3, false)).size, 0);
});

test('runs longer than a text character keep their sign', () => {
  const runs = [0, 1, 100000, 3, 5, 70000, 1, 1];
  assert.deepEqual(stringToRuns(runsToString(runs)), runs);
});

test('a text for another size is refused', () => {
  assert.throws(() => decodeInto('0:', new Tiles(3, 3, false), 1), /size of the image/);
});

test('a damaged text is refused', () => {
  assert.throws(() => stringToRuns('0:\u0000'), /damaged/);
  assert.throws(() => stringToRuns('é'), /damaged/);
});
