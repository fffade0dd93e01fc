import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextEmpty, readRatings } from '../../src/fairhand/web/desk/static/ratings.js';
import { Past } from '../../src/fairhand/web/desk/static/past.js';
import { isMarked, sentencesOf, stretchOf, toggled } from '../../src/fairhand/web/desk/static/sentences.js';

const TEXT = 'Mvua 🌧️ hunyesha. Jua 👩🏽‍🌾 linawaka!  يهطل المطر. Done';
const cut = (stretch) => [...TEXT].slice(...stretch).join('');

test('sentences cover the whole text, counted in code points', () => {
  const found = sentencesOf(TEXT);
  assert.equal(found.map((one) => one.text).join(''), TEXT);
  assert.equal(found[0].start, 0);
  assert.equal(found.at(-1).end, [...TEXT].length);
  found.slice(1).forEach((one, place) => assert.equal(one.start, found[place].end));
});

test('a marked sentence is itself without the space around it', () => {
  const second = sentencesOf(TEXT)[1];
  assert.equal(cut(stretchOf(second)), 'Jua 👩🏽‍🌾 linawaka!');
});

test('a sentence is marked and unmarked, the others stay as they are', () => {
  const [first, second, third] = sentencesOf(TEXT);
  const both = toggled(toggled([], third), first);
  assert.deepEqual(both.map(cut), [cut(stretchOf(first)), cut(stretchOf(third))]);
  assert.ok(isMarked(both, first) && !isMarked(both, second));
  assert.deepEqual(toggled(both, first).map(cut), [cut(stretchOf(third))]);
});

test('of a passage over several sentences one can be taken out', () => {
  const [first, second, third] = sentencesOf(TEXT);
  const rest = toggled([[first.start, third.end]], second);
  assert.ok(!isMarked(rest, second));
  assert.ok(isMarked(rest, first) && isMarked(rest, third));
});

test('ratings are read by reply and criterion, and the next empty one is found round the end', () => {
  const cells = [{ reply: 'a', criterion: { name: 'x' } }, { reply: 'b', criterion: { name: 'x' } }];
  assert.deepEqual(readRatings({ replies: { b: { x: 3 } } }, cells), [null, 3]);
  assert.deepEqual(readRatings({ ratings: { x: 2 } }, [{ reply: '', criterion: { name: 'x' } }]), [2]);
  assert.equal(nextEmpty([null, 3], 1), 0);
  assert.equal(nextEmpty([1, 3], 0), -1);
});

test('the past goes back and forth, and a new step forgets what was undone', () => {
  const past = new Past(0);
  assert.ok(past.step(1) && past.step(2) && !past.step(2));
  assert.ok(past.undo() && past.undo() && !past.undo());
  assert.equal(past.now, 0);
  assert.ok(past.redo());
  assert.equal(past.now, 1);
  past.step(5);
  assert.ok(!past.redo());
});
