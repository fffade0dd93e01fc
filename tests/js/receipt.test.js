import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { verifyReceipt } from '../../src/fairhand/web/proof/verifier/receipt.js';

const { vectors } = JSON.parse(readFileSync(new URL('../vectors/receipts.json', import.meta.url), 'utf8'));

test('every vector holds or is refused, as it must', async () => {
  for (const { name, text, key, holds, proven, handovers } of vectors) {
    const report = await verifyReceipt(text, key, handovers);
    const isWrong = report.checks.some((one) => one.state === 'failed');
    assert.equal(isWrong, !holds, `${name}: ${JSON.stringify(report.checks)}`);
    assert.equal(report.ok, proven, `${name}: ${JSON.stringify(report.checks)}`);
  }
});

test('it says in one sentence what became of a piece of work', async () => {
  const { text, key } = vectors.find((one) => one.name === 'whole');
  const { sentence } = await verifyReceipt(text, key);
  assert.equal(sentence, 'Annotation 123 of 2026-11-21 is in the log and in release v2 of project 3, paid 0.10 GBP for 24 s: at or above the floor of 12.71 GBP an hour.');
});
