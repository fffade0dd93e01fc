import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joins, taken, withLink, withoutLink } from '../../src/fairhand/web/desk/static/links.js';
import {
  Trail, UNMARKED, changedMark, isCrossing, lanesOf, over, readMarks, withMark, withoutMark, writeMarks,
} from '../../src/fairhand/web/desk/static/marks.js';
import { Passage } from '../../src/fairhand/web/desk/static/passage.js';

const mark = (id, start, end, label = 'person') => ({ id, start, end, label });
const marked = (...marks) => marks.reduce(withMark, UNMARKED);

test('the same mark twice is one, another label is another', () => {
  const one = marked(mark(1, 0, 4));
  assert.equal(withMark(one, mark(2, 0, 4)), one);
  assert.equal(withMark(one, mark(2, 0, 4, 'place')).marks.length, 2);
});

test('marks stay in the order of the text', () => {
  assert.deepEqual(marked(mark(1, 5, 9), mark(2, 0, 4), mark(3, 0, 2)).marks.map(({ id }) => id), [3, 2, 1]);
});

test('marking takes back that there is nothing, and the suggestion of just this', () => {
  const state = withMark({ ...UNMARKED, nothing: true, offered: [mark(7, 0, 4), mark(8, 6, 9)] }, mark(1, 0, 4));
  assert.equal(state.nothing, false);
  assert.deepEqual(state.offered.map(({ id }) => id), [8]);
});

test('a mark that goes takes its relations along', () => {
  const link = { from: 1, to: 2, label: 'knows' };
  const state = withLink(marked(mark(1, 0, 4), mark(2, 5, 9)), link);
  assert.equal(withLink(state, { ...link }), state);
  assert.deepEqual(withoutMark(state, 2).links, []);
  assert.deepEqual(withoutLink(state, state.links[0]).links, []);
});

test('no change makes two marks one', () => {
  const state = marked(mark(1, 0, 4), mark(2, 0, 4, 'place'));
  assert.equal(changedMark(state, 1, { label: 'place' }), state);
  assert.equal(changedMark(state, 9, { label: 'place' }), state);
  assert.equal(changedMark(state, 1, { end: 6 }).marks.find(({ id }) => id === 1).end, 6);
});

test('a suggested relation comes when both its ends were accepted', () => {
  const links = [{ from: 7, to: 8, label: 'knows' }];
  const offered = { ...UNMARKED, offered: [mark(7, 0, 4), mark(8, 6, 9)] };
  const one = taken(offered, 7, links);
  assert.deepEqual([one.marks.length, one.offered.length, one.links.length], [1, 1, 0]);
  assert.deepEqual(taken(one, 8, links).links, links);
  assert.equal(taken(one, 99, links), one);
});

test('relations keep to their labels, and read both ways without a direction', () => {
  const works = { value: 'works for', from: ['person'], to: ['firm'] };
  assert.equal(joins(works, 'person', 'firm'), true);
  assert.equal(joins(works, 'firm', 'person'), false);
  assert.equal(joins({ ...works, directed: false }, 'firm', 'person'), true);
  assert.equal(joins({ value: 'near' }, 'firm', 'firm'), true);
});

test('marks that share letters have lanes of their own', () => {
  const lanes = lanesOf([mark(1, 0, 10), mark(2, 2, 5), mark(3, 5, 8), mark(4, 10, 12)]);
  assert.deepEqual([1, 2, 3, 4].map((id) => lanes.get(id)), [0, 1, 1, 0]);
});

test('the shortest mark over a place comes first', () => {
  const marks = [mark(1, 0, 10), mark(2, 2, 5)];
  assert.deepEqual(over(marks, 3).map(({ id }) => id), [2, 1]);
  assert.deepEqual(over(marks, 5).map(({ id }) => id), [1]);
  assert.deepEqual(over(marks, 10), []);
});

test('overlap is seen, touching is none', () => {
  assert.equal(isCrossing(marked(mark(1, 0, 4), mark(2, 4, 8))), false);
  assert.equal(isCrossing(marked(mark(1, 0, 4), mark(2, 3, 8))), true);
});

test('what is written is what is read, in code points', () => {
  const text = '😀 Amina 👩🏽‍🌾 Neema';
  const passage = new Passage(text);
  const at = text.indexOf('Neema');
  const state = withLink(marked(mark(5, at, at + 5), mark(3, 3, 8)), { from: 5, to: 3, label: 'knows' });
  const answer = writeMarks(state, passage);
  assert.deepEqual(answer.spans[1], { start: [...text].length - 5, end: [...text].length, label: 'person' });
  assert.deepEqual(answer.relations, [{ from: 1, to: 0, label: 'knows' }]);
  const read = readMarks(answer, passage, 40);
  assert.deepEqual(writeMarks({ ...UNMARKED, ...read }, passage), answer);
  assert.equal(text.slice(read.marks[1].start, read.marks[1].end), 'Neema');
});

test('nothing is said only where it was said', () => {
  const passage = new Passage('words');
  assert.equal(writeMarks(UNMARKED, passage), null);
  assert.deepEqual(writeMarks({ ...UNMARKED, nothing: true }, passage), { spans: [], nothing: true });
});

test('what does not fit the text is left out, with what hangs on it', () => {
  const passage = new Passage('words');
  const span = { start: 0, end: 2, label: 'x' };
  const read = readMarks({ spans: [span, { ...span, end: 9 }], relations: [{ from: 0, to: 1, label: 'y' }] }, passage);
  assert.deepEqual([read.marks.length, read.links.length], [1, 0]);
  assert.deepEqual(readMarks(null, passage), { marks: [], links: [] });
});

test('steps go back and forth, and a new one ends the way forth', () => {
  const steps = new Trail(0);
  assert.equal(steps.undo(), false);
  assert.equal(steps.take(0), false);
  steps.take(1);
  steps.take(2);
  assert.equal(steps.undo() && steps.now, 1);
  assert.equal(steps.redo() && steps.now, 2);
  steps.undo();
  steps.take(5);
  assert.equal(steps.redo(), false);
  assert.equal(steps.now, 5);
});
