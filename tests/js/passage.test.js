import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nudged } from '../../src/fairhand/web/desk/static/nudge.js';
import { Passage } from '../../src/fairhand/web/desk/static/passage.js';

const FARMER = '👩🏽‍🌾';
const words = (text) => new Passage(text).stops(true).map(({ start, end }) => text.slice(start, end));
const letters = (text) => new Passage(text).stops(false).map(({ start, end }) => text.slice(start, end));

test('places are counted in code points, and back, through emoji and Arabic', () => {
  for (const text of ['', 'plain', `Amina ${FARMER} anaishi`, '😀😀', 'سافرت 😀 ليلى', 'a😀', '😀a']) {
    const passage = new Passage(text);
    assert.equal(passage.points, [...text].length);
    [...text, ''].forEach((_, point) => {
      const unit = [...text].slice(0, point).join('').length;
      assert.equal(passage.toPoint(unit), point);
      assert.equal(passage.toUnit(point), unit);
    });
  }
});

test('half a pair alone counts as one', () => {
  assert.equal(new Passage('a\ud83db').points, 3);
  assert.equal(new Passage('\ude00\ud83d').points, 2);
});

test('Swahili words keep their apostrophe, signs stand alone', () => {
  assert.deepEqual(words("Ng'ombe wa Juma, wapi?"), ["Ng'ombe", 'wa', 'Juma', ',', 'wapi', '?']);
});

test('an emoji of several parts is one word and one letter', () => {
  assert.deepEqual(words(`hi ${FARMER}!`), ['hi', FARMER, '!']);
  assert.deepEqual(letters(`a${FARMER}`), ['a', FARMER]);
});

test('Arabic words keep their marks', () => {
  assert.deepEqual(words('كَتَبَ الوَلَدُ'), ['كَتَبَ', 'الوَلَدُ']);
});

test('without the help of the browser words are much the same', () => {
  const own = Intl.Segmenter;
  Intl.Segmenter = undefined;
  try {
    assert.deepEqual(words(`Ng'ombe ${FARMER} كَتَبَ, 12!`), ["Ng'ombe", FARMER, 'كَتَبَ', ',', '12', '!']);
    assert.equal(letters('é e\u0301').length, 2);
  } finally {
    Intl.Segmenter = own;
  }
});

test('a stretch grows to whole words and loses the space around it', () => {
  const passage = new Passage('  Neema went home. ');
  const snapped = (start, end, byWord = true) => {
    const found = passage.snap(start, end, byWord);
    return found && passage.text.slice(found.start, found.end);
  };
  assert.equal(snapped(4, 9), 'Neema went');
  assert.equal(snapped(0, 3), 'Neema');
  assert.equal(snapped(7, 8), null);
  assert.equal(snapped(0, 1), null);
  assert.equal(snapped(18, 19), null);
  assert.equal(snapped(13, 19), 'home.');
  assert.equal(snapped(4, 9, false), 'ema w');
  assert.equal(snapped(3, 3), null);
  assert.equal(new Passage('   ').snap(0, 3, true), null);
});

test('edges move by whole words and never past each other', () => {
  const passage = new Passage('one two three');
  const two = { start: 4, end: 7 };
  assert.deepEqual(nudged(passage.stops(true), two, 'end', 1), { start: 4, end: 13 });
  assert.deepEqual(nudged(passage.stops(true), two, 'start', -1), { start: 0, end: 7 });
  assert.equal(nudged(passage.stops(true), two, 'end', -1), null);
  assert.equal(nudged(passage.stops(true), two, 'start', 1), null);
  assert.deepEqual(nudged(passage.stops(false), two, 'end', -1), { start: 4, end: 6 });
  assert.equal(nudged(passage.stops(true), { start: 0, end: 13 }, 'end', 1), null);
});
