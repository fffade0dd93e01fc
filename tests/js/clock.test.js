import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PaidClock } from '../../src/fairhand/web/desk/static/clock.js';

test('only visible time is estimated', () => {
  const clock = new PaidClock(0);
  clock.run(0);
  clock.pause(10000);
  assert.deepEqual(clock.read(500000), { seconds: 10, estimated: true });
});

test("the server's word takes the place of the estimate", () => {
  const clock = new PaidClock(60);
  clock.run(0);
  clock.finish('a', 10000);
  clock.pause(10000);
  clock.acknowledge('a', 12);
  assert.deepEqual(clock.read(10000), { seconds: 72, estimated: false });
});

test('the clock never counts down, also when the server counts less', () => {
  const clock = new PaidClock(0);
  clock.run(0);
  const before = clock.read(30000).seconds;
  clock.finish('a', 30000);
  clock.acknowledge('a', 5);
  assert.ok(clock.read(30000).seconds >= before);
});

test('a device clock that goes back takes nothing away', () => {
  const clock = new PaidClock(0);
  clock.run(100000);
  assert.equal(clock.read(50000).seconds, 0);
  clock.pause(50000);
  assert.equal(clock.current, 0);
});

test('an answer goes with the milliseconds that its task was visible, and each task has its own', () => {
  const clock = new PaidClock(0);
  clock.run(1000);
  clock.pause(31000.4);
  clock.run(90000);
  assert.equal(clock.finish('a', 95000), 35000);
  assert.equal(clock.finish('b', 96500), 1500);
});

test('an answer that is taken back before it was sent keeps its time', () => {
  const clock = new PaidClock(0);
  clock.run(0);
  clock.finish('a', 20000);
  clock.resume('a');
  assert.equal(clock.finish('a2', 30000), 30000);
  assert.equal(clock.pending.size, 1);
});
