import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refused, ceilDivide, lowestTerms, parseAmount, showAmount } from '../../src/fairhand/web/proof/verifier/exact.js';
import { formulaAmount } from '../../src/fairhand/web/proof/verifier/figures.js';
import { canonicalJson, fromBase64, parseCanonical, parseCount } from '../../src/fairhand/web/proof/verifier/tlog.js';

test('an amount is read exactly and has one way to be written', () => {
  assert.equal(parseAmount('12.71', 'GBP'), 1271000000n);
  assert.equal(parseAmount('0.00000001', 'GBP'), 1n);
  assert.equal(parseAmount('1500', 'JPY'), 1500000000n);
  assert.equal(parseAmount('2.667', 'TND'), 2667000000n);
  assert.equal(parseAmount('9007199254740993.00', 'KES'), 900719925474099300000000n);
  for (const text of ['12.7', '12.710', '012.71', '+1.00', '1.000000001', '', '-0.00', ' 1.00', '1,00']) {
    assert.throws(() => parseAmount(text, 'GBP'), Refused, text);
  }
  for (const micros of [0n, 1n, -1n, 123456789012345678901n]) {
    for (const currency of ['GBP', 'JPY', 'TND', 'CLF']) {
      assert.equal(parseAmount(showAmount(micros, currency), currency), micros);
    }
  }
});

test('fractions are whole numbers over whole numbers, and rounding is up', () => {
  assert.equal(lowestTerms(3813n, 6n), '1271/2');
  assert.equal(lowestTerms(0n, 7n), '0/1');
  assert.equal(ceilDivide(7n, 2n), 4n);
  assert.equal(ceilDivide(6n, 2n), 3n);
  assert.equal(ceilDivide(-7n, 2n), -3n);
});

test('pay for time is rate times time, rounded up to a millionth of a cent', () => {
  const time = { basis: 'time', rateMicros: 600000000n, paidMs: 1n, quantity: null, unitMicros: null };
  assert.equal(formulaAmount(time), 167n);
  assert.equal(formulaAmount({ ...time, basis: 'audio', quantity: 90001n, unitMicros: 1000000n }), 1500017n);
  assert.equal(formulaAmount({ ...time, basis: 'piece', quantity: 7n, unitMicros: 31n }), 217n);
  assert.equal(formulaAmount({ ...time, basis: 'royalty' }), null);
});

test('canonical JSON has its keys in order and nothing else is taken', () => {
  assert.equal(canonicalJson({ b: [1, null, true], a: 'é"\n' }), '{"a":"é\\"\\n","b":[1,null,true]}');
  assert.deepEqual(parseCanonical('{"a":1}', 'it'), { a: 1 });
  for (const text of ['{"a": 1}', '{"a":1}\n', '{"a":1,"a":1}', '{"a":1.0}', '{"a":01}', '\ufeff{}', '{"a":-0}', '{"a":9007199254740993}']) {
    assert.throws(() => parseCanonical(text, 'it'), Refused, text);
  }
});

test('base64 and counts have one form too', () => {
  assert.deepEqual([...fromBase64('AQI=')], [1, 2]);
  for (const text of ['AQJ=', 'AQI', 'AQI= ', '%']) assert.throws(() => fromBase64(text), Refused, text);
  assert.equal(parseCount('11'), 11);
  for (const text of ['', '011', '-1', '1e3', '9007199254740993']) assert.throws(() => parseCount(text), Refused, text);
});
