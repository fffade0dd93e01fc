import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelKeys, nameOf, pick } from '../../src/fairhand/web/desk/static/keys.js';
import { holderOf, isFree, keyPlaces, placeKeys, swapKeys } from '../../src/fairhand/web/desk/static/places.js';

const ON = { singles: true, typing: false };
const binding = (key, more = {}) => ({ key, does: key, run: () => {}, ...more });

test('labels get their own key, digits their own digit, the others the spare ones', () => {
  assert.deepEqual(labelKeys([{ value: 'cat', key: 'C' }, { value: 'dog' }, { value: 'bird' }]), ['c', '1', '2']);
  assert.deepEqual(labelKeys([{ value: '0' }, { value: '1' }, { value: 'other' }]), ['0', '1', '2']);
});

test('no key is given twice', () => {
  const labels = Array.from({ length: 26 }, (_, at) => ({ value: `v${at}`, key: at < 3 ? 'x' : undefined }));
  const keys = labelKeys(labels).filter(Boolean);
  assert.equal(new Set(keys).size, keys.length);
});

test('two questions of one page share no key, and none of the tools', () => {
  const taken = new Set('sb');
  const first = labelKeys([{ value: 'no' }, { value: 'yes', key: 'b' }], taken);
  const second = labelKeys([{ value: 'work' }, { value: 'sport', key: 's' }], taken);
  assert.deepEqual([...first, ...second], ['1', '2', '3', '4']);
});

test('a label without a key is still a label when the keys run out', () => {
  const keys = labelKeys(Array.from({ length: 60 }, (_, at) => ({ value: `v${at}` })));
  assert.equal(keys.length, 60);
  assert.equal(keys.at(-1), '');
});

test('a digit counts by its place on the keyboard where the layout has another character there', () => {
  assert.ok(pick([binding('1')], { key: '&', code: 'Digit1' }, ON));
});

test('single characters can be turned off; Ctrl and named keys go on working', () => {
  const off = { singles: false, typing: false };
  assert.equal(pick([binding('b')], { key: 'b' }, off), null);
  assert.ok(pick([binding('z', { ctrl: true })], { key: 'z', ctrlKey: true }, off));
  assert.ok(pick([binding('Escape')], { key: 'Escape' }, off));
});

test('who writes into a text field is not interrupted', () => {
  assert.equal(pick([binding('b')], { key: 'b' }, { singles: true, typing: true }), null);
  assert.ok(pick([binding('Enter', { ctrl: true })], { key: 'Enter', ctrlKey: true }, { singles: true, typing: true }));
});

test('Ctrl and Shift tell undo from redo', () => {
  const both = [binding('z', { ctrl: true }), binding('z', { ctrl: true, shift: true })];
  assert.equal(pick(both, { key: 'z', ctrlKey: true }, ON), both[0]);
  assert.equal(pick(both, { key: 'Z', metaKey: true, shiftKey: true }, ON), both[1]);
});

test('browser shortcuts with Alt or Ctrl are left alone', () => {
  assert.equal(pick([binding('b')], { key: 'b', ctrlKey: true }, ON), null);
  assert.equal(pick([binding('b')], { key: 'b', altKey: true }, ON), null);
});

test('keys are named as they are printed', () => {
  assert.equal(nameOf({ key: 'z', ctrl: true, shift: true }), 'Ctrl+Shift+Z');
  assert.equal(nameOf({ key: ' ' }), 'Space');
});

test('two keys change places, on the controls and under the fingers', () => {
  const [skip, cat] = [binding('s'), binding('k')];
  swapKeys('s', 'k');
  assert.equal(pick([skip, cat], { key: 'k' }, ON), skip);
  assert.equal(pick([skip, cat], { key: 'S' }, ON), cat);
  assert.deepEqual([nameOf(skip), nameOf(cat)], ['K', 'S']);
  assert.deepEqual(keyPlaces(), { k: 's' });
  placeKeys();
  assert.equal(pick([skip, cat], { key: 's' }, ON), skip);
});

test('a key that is moved again frees the place it had', () => {
  swapKeys('s', 'k');
  swapKeys('s', 'ctrl+s');
  const skip = binding('s');
  assert.equal(pick([skip], { key: 'k' }, ON), null);
  assert.equal(pick([skip], { key: 's', ctrlKey: true }, { singles: false, typing: true }), skip);
  assert.equal(nameOf(skip), 'Ctrl+S');
  swapKeys('s', 's');
  assert.deepEqual(keyPlaces(), {});
});

test('what was kept on the device comes back, and what is not a place of a key is left out', () => {
  placeKeys({ s: 'k', x: 7 });
  assert.deepEqual(keyPlaces(), { k: 's' });
  placeKeys();
});

test('who has a key now is told, and keys of the browser are not given away', () => {
  const all = [binding('s'), binding('z', { ctrl: true })];
  assert.equal(holderOf(all, 'ctrl+z'), all[1]);
  assert.equal(holderOf(all, 'k'), null);
  swapKeys('s', 'k');
  assert.equal(holderOf(all, 'k'), all[0]);
  placeKeys();
  for (const chord of ['Tab', 'ctrl+w', 'Shift', 'Escape', 'F5']) assert.ok(!isFree(chord), chord);
  for (const chord of ['k', 'ctrl+k', 'Enter', 'ctrl+shift+z', '+']) assert.ok(isFree(chord), chord);
});

test('Shift counts with a named key only where an action speaks of it', () => {
  const [far, near] = [binding('ArrowLeft', { shift: true }), binding('ArrowLeft', { shift: false })];
  assert.equal(pick([far, near], { key: 'ArrowLeft', shiftKey: true }, ON), far);
  assert.equal(pick([far, near], { key: 'ArrowLeft' }, ON), near);
  assert.ok(pick([binding('Enter')], { key: 'Enter', shiftKey: true }, ON));
});

test('a character that needs Shift comes before the digit on its key', () => {
  const [unclear, first] = [binding('!'), binding('1')];
  assert.equal(pick([first, unclear], { key: '!', code: 'Digit1', shiftKey: true }, ON), unclear);
});
