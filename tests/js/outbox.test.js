import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  afterAttempt, backoff, newKey, nextToSend, statusLine, verdict, waitFor,
} from '../../src/fairhand/web/desk/static/outbox.js';

const answer = (key, more = {}) => ({
  client_key: key, action: 'submit', task_id: 1, task: {}, body: {}, created: 0, attempts: 0, due: 0, state: 'waiting', ...more,
});
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('a key is a version 4 UUID, also without randomUUID', () => {
  assert.match(newKey(crypto), UUID);
  const plain = { getRandomValues: (bytes) => crypto.getRandomValues(bytes) };
  assert.match(newKey(plain), UUID);
  assert.notEqual(newKey(plain), newKey(plain));
});

test('answers leave in the order in which they were given', () => {
  const queue = [answer('a'), answer('b')];
  assert.equal(nextToSend(queue, 5).client_key, 'a');
});

test('an answer that waits for its next attempt holds back the later ones', () => {
  assert.equal(nextToSend([answer('a', { due: 100 }), answer('b')], 50), null);
  assert.equal(waitFor([answer('a', { due: 100 }), answer('b')], 50), 50);
});

test('a device clock that is set back an hour holds nothing back', () => {
  const item = afterAttempt(answer('a', { attempts: 9 }), 'again', { status: 0 }, 3_600_000, 1);
  assert.equal(nextToSend([item], 3_600_000), null);
  assert.equal(nextToSend([item], 0).client_key, 'a');
  assert.equal(waitFor([item], 0), 0);
  assert.equal(waitFor([item], 3_600_000), 60_000);
});

test('a refused answer holds nobody back', () => {
  assert.equal(nextToSend([answer('a', { state: 'refused' }), answer('b')], 0).client_key, 'b');
});

test('what the server says decides what happens to an answer', () => {
  const expected = [
    [201, 'sent'], [200, 'sent'], [0, 'again'], [503, 'again'], [500, 'again'], [429, 'again'], [408, 'again'],
    [401, 'signin'], [403, 'refused'], [404, 'refused'], [409, 'refused'], [422, 'refused'],
  ];
  for (const [status, what] of expected) assert.equal(verdict(status), what, String(status));
  assert.equal(verdict(403, 'csrf_failed'), 'token');
});

test('a refused answer stays, with the reason', () => {
  const item = afterAttempt(answer('a'), 'refused', { status: 422, detail: 'No such label.' }, 0, 0);
  assert.equal(item.state, 'refused');
  assert.equal(item.problem.detail, 'No such label.');
  assert.deepEqual(item.body, {});
});

test('waits double up to a minute and are spread', () => {
  assert.equal(backoff(0, 1), 1000);
  assert.equal(backoff(3, 1), 8000);
  assert.equal(backoff(50, 1), 60000);
  assert.equal(backoff(3, 0), 4000);
  const item = afterAttempt(answer('a', { attempts: 2 }), 'again', { status: 0 }, 1000, 1);
  assert.deepEqual([item.attempts, item.due, item.state], [3, 5000, 'waiting']);
});

test('the status line says where the answers are', () => {
  const state = { online: true, signedOut: false, durable: true };
  assert.deepEqual(statusLine([], state), ['', {}]);
  assert.match(statusLine([answer('a')], state)[0], /saved on this device, sending/);
  assert.match(statusLine([answer('a')], { ...state, online: false })[0], /No connection/);
  assert.match(statusLine([answer('a')], { ...state, signedOut: true })[0], /Sign in again/);
  assert.match(statusLine([answer('a')], { ...state, durable: false })[0], /Keep this page open/);
  assert.deepEqual(statusLine([answer('a'), answer('b', { state: 'refused' })], state)[1], { n: 1 });
});
