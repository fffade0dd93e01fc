import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeInto, encodeRegions, runsToString, stringToRuns } from '../../src/fairhand/web/desk/static/rle.js';

/** Made with the COCO API (pycocotools 2.0): height, width, text, pixels row by row. */
const KNOWN = [
  [5, 2, '0:', '1111111111'],
  [6, 5, '211011OO200000N020N', '000110100011100000001101100000'],
];
const DISC = 'j65P16L2N2N2O000O2O00000001N10001N2N2N4JQ7';

const cells = (text) => Uint8Array.from(text, Number);

test('a mask is written as the COCO API writes it', () => {
  for (const [height, width, text, pixels] of KNOWN) {
    assert.equal(encodeRegions(cells(pixels), width, height).get(1), text);
  }
});

test('a COCO text is read back pixel for pixel', () => {
  for (const [height, width, text, pixels] of KNOWN) {
    const mask = new Uint8Array(width * height);
    decodeInto(text, mask, width, height, 1);
    assert.deepEqual(mask, cells(pixels));
  }
});

test('a disc of the COCO API has the area that the COCO API gives it', () => {
  const mask = new Uint8Array(40 * 30);
  decodeInto(DISC, mask, 30, 40, 3);
  assert.equal(mask.filter((cell) => cell === 3).length, 285);
  assert.equal(encodeRegions(mask, 30, 40).get(3), DISC);
});

test('several regions of one random mask are written and read without a changed pixel', () => {
  let seed = 7;
  const dice = (sides) => (seed = (seed * 1103515245 + 12345) % 2147483648) % sides;
  for (let round = 0; round < 40; round++) {
    const [width, height] = [1 + dice(37), 1 + dice(29)];
    const mask = Uint16Array.from({ length: width * height }, () => (dice(3) ? 0 : dice(400)));
    const again = new Uint16Array(width * height);
    for (const [id, text] of encodeRegions(mask, width, height)) decodeInto(text, again, width, height, id);
    assert.deepEqual(again, mask);
  }
});

test('an empty mask has no regions', () => {
  assert.equal(encodeRegions(new Uint8Array(12), 4, 3).size, 0);
});

test('runs longer than a text character keep their sign', () => {
  const runs = [0, 1, 100000, 3, 5, 70000, 1, 1];
  assert.deepEqual(stringToRuns(runsToString(runs)), runs);
});

test('a text for another size is refused', () => {
  assert.throws(() => decodeInto('0:', new Uint8Array(9), 3, 3, 1), /size of the image/);
});

test('a damaged text is refused', () => {
  assert.throws(() => stringToRuns('0:\u0000'), /damaged/);
  assert.throws(() => stringToRuns('é'), /damaged/);
});
