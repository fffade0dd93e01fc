import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cut, fitted, kindOf } from '../../src/fairhand/web/desk/static/frame.js';
import { PART_BYTES } from '../../src/fairhand/web/desk/static/parts.js';

const bytes = (...parts) => new Uint8Array(parts.flatMap((part) => (typeof part === 'string' ? [...part].map((letter) => letter.charCodeAt(0)) : [part]))).buffer;

test('a file is what its bytes say', () => {
  assert.equal(kindOf(bytes(0xff, 0xd8, 0xff, 0xe1)), 'jpeg');
  assert.equal(kindOf(bytes(0x89, 'PNG\r\n')), 'png');
  assert.equal(kindOf(bytes('RIFF', 0, 0, 0, 0, 'WEBPVP8 ')), 'webp');
  assert.equal(kindOf(bytes(0, 0, 0, 24, 'ftypheic')), 'heic');
  assert.equal(kindOf(bytes('RIFF', 0, 0, 0, 0, 'WAVE')), '');
  assert.equal(kindOf(bytes()), '');
});

test('a large picture gets smaller and keeps its shape; a small one stays', () => {
  assert.deepEqual(fitted(8000, 6000, 4000), { width: 4000, height: 3000 });
  assert.deepEqual(fitted(6000, 8000, 4096), { width: 3072, height: 4096 });
  assert.deepEqual(fitted(640, 480, 4096), { width: 640, height: 480 });
  assert.deepEqual(fitted(20000, 3, 4000), { width: 4000, height: 1 });
});

test('a file is cut into parts that are the file again', () => {
  const parts = cut(new ArrayBuffer(2 * PART_BYTES + 5));
  assert.deepEqual(parts.map((part) => part.byteLength), [PART_BYTES, PART_BYTES, 5]);
  assert.equal(cut(new ArrayBuffer(PART_BYTES)).length, 1);
});
