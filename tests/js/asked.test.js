import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAsked } from '../../src/fairhand/web/desk/static/asked.js';

const question = (only_if) => ({ name: 'why', kind: 'choice', title: '', required: true, config: {}, only_if });
const asked = new Set(['toxic']);

test('a question without a condition is always asked', () => {
  assert.equal(isAsked(question(null), new Set(), {}, {}), true);
});

test('an earlier answer gives rise to it, one of several too', () => {
  const one = question({ question: 'toxic', is: ['yes'] });
  assert.equal(isAsked(one, asked, { toxic: 'yes' }, {}), true);
  assert.equal(isAsked(one, asked, { toxic: ['no', 'yes'] }, {}), true);
  assert.equal(isAsked(one, asked, { toxic: 'no' }, {}), false);
  assert.equal(isAsked(one, asked, { toxic: null }, {}), false);
});

test('an answer to a question that was not asked counts for nothing', () => {
  assert.equal(isAsked(question({ question: 'other', is: ['yes'] }), asked, { other: 'yes' }, {}), false);
});

test('the task itself can give rise to it', () => {
  const one = question({ data: 'step', is: ['reply'] });
  assert.equal(isAsked(one, asked, {}, { step: 'reply' }), true);
  assert.equal(isAsked(one, asked, {}, {}), false);
});
