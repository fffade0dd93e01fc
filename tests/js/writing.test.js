// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Steps, canonicalText, lengthOf, offBy } from '../../src/fairhand/web/desk/static/writing.js';

test('a text is counted in code points, as the server counts it', () => {
  assert.equal(lengthOf('Habari'), 6);
  assert.equal(lengthOf('👩‍🌾'), 3);
  assert.equal(lengthOf('مرحبا'), 5);
});

test('a text is one text, however it was typed', () => {
  assert.equal(canonicalText('a\r\nb\rc  \n\n'), 'a\nb\nc');
  assert.equal(canonicalText(' \n\n  indented'), '  indented');
  assert.equal(canonicalText('e\u0301'), 'é');
  assert.equal(canonicalText(' \n '), '');
});

test('a length says what it lacks and what it has too much of', () => {
  assert.deepEqual([offBy(3, 5, 9), offBy(5, 5, 9), offBy(9, 5, 9), offBy(12, 5, 9)], [-2, 0, 0, 3]);
});

test('what is typed without a pause is undone at once, and done again', () => {
  const steps = new Steps('');
  'jambo'.split('').forEach((_, at) => steps.note('jambo'.slice(0, at + 1), at * 100));
  steps.note('jambo!', 5000);
  assert.equal(steps.undo(), 'jambo');
  assert.equal(steps.undo(), '');
  assert.equal(steps.undo(), null);
  assert.equal(steps.redo(), 'jambo');
  assert.equal(steps.redo(), 'jambo!');
  assert.equal(steps.redo(), null);
});

test('what is pasted is a step of its own, and a new step forgets what was undone', () => {
  const steps = new Steps('a');
  steps.note('ab', 0);
  steps.note('ab and much more', 10);
  assert.equal(steps.undo(), 'ab');
  steps.note('abc', 5000);
  assert.equal(steps.redo(), null);
  assert.equal(steps.undo(), 'ab');
});
