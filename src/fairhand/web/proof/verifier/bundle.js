/* A statement bundle, checked from its first byte to the log's signature: nothing is believed. */

import { checkDated, linkKeys } from './chain.js';
import { Refused } from './exact.js';
import { wrongAmounts, wrongCarry, wrongFloor, wrongLines, wrongSums } from './figures.js';
import { readDocument, readEntry } from './reading.js';
import { canonicalJson, checkInclusion, parseCanonical, parseKey, parseReceipt, sha256Hex, signedBy } from './tlog.js';

const FORMAT = 'fairhand-statement-bundle/v1';
const PARTS = 'digest entries format log_key receipt sealed sha256 statement';
const EVENT_KIND = 'pay.statement_made';
const SHOWN = 3;
const WHY_NOT = {
  not_sealed: 'the log had not sealed this statement yet when the bundle was made: nothing proves it so far; download the bundle again after a minute',
  erased: 'what the log knew of this person was erased on their wish: nothing ties the statement to the log any more',
};

/**
 * Checks a bundle; trustedKey is the log's key as text, or '' to go by the key in the bundle. `notes`
 * are the handovers of a log whose key changed, beside those in the bundle.
 * Each check is {name, state: 'ok' | 'failed' | 'open', words}.
 */
export async function verifyBundle(text, trustedKey, notes = []) {
  try {
    const { bundle, entries } = await readBundle(text);
    const { body, statement } = await readStatement(bundle);
    const checks = [
      { name: 'form', state: 'ok', words: 'the bundle is whole: canonical, and its digest fits' },
      { name: 'fingerprint', state: 'ok', words: `the statement’s SHA-256 is ${bundle.sha256}` },
      result('lines', await wrongLines(statement, entries), `every line is the sum of its entries (${entries.length} in ${statement.lines.length} lines)`),
      result('amounts', wrongAmounts(entries), 'every amount is what its formula gives'),
      result('floor', wrongFloor(statement, entries), 'what the floor asks, and the top-up to it, are what the formula gives; no project’s pay is below the floor'),
      result('sums', wrongSums(statement, entries), 'the totals are the sums of the lines'),
      result('carry', wrongCarry(statement), 'what is carried is below one minor unit, and follows from the statement before'),
      ...(await proof(bundle, statement, trustedKey, notes)),
    ];
    return { ok: checks.every((one) => one.state === 'ok'), checks, statement: body };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, checks: [{ name: 'form', state: 'failed', words: error.message }], statement: null };
  }
}

async function readBundle(text) {
  const bundle = parseCanonical(text, 'the file');
  if (bundle?.format !== FORMAT) throw new Refused(`it is not a ${FORMAT}`);
  const { digest, ...content } = bundle;
  if ((await sha256Hex(canonicalJson(content))) !== digest) {
    throw new Refused('its digest is not that of its content: something in it was changed');
  }
  const texts = [bundle.statement, bundle.sha256, bundle.sealed, bundle.log_key];
  const { handovers = [''], ...parts } = bundle;
  const isNoted = Array.isArray(handovers) && handovers.length > 0 && handovers.every((one) => typeof one === 'string');
  const isBundle = Object.keys(parts).sort().join(' ') === PARTS && Array.isArray(bundle.entries) && isNoted;
  const hasReceipt = bundle.receipt === null || typeof bundle.receipt === 'string';
  if (!isBundle || !hasReceipt || texts.some((one) => typeof one !== 'string')) {
    throw new Refused('it has other parts than a bundle has');
  }
  return { bundle, entries: bundle.entries.map(readEntry) };
}

async function readStatement(bundle) {
  if ((await sha256Hex(bundle.statement)) !== bundle.sha256) {
    throw new Refused('the statement’s text is not the one that its SHA-256 names');
  }
  const body = parseCanonical(bundle.statement, 'the statement’s text');
  return { body, statement: readDocument(body) };
}

function result(name, wrong, words) {
  if (!wrong.length) return { name, state: 'ok', words };
  const more = wrong.length > SHOWN ? `; and ${wrong.length - SHOWN} more` : '';
  return { name, state: 'failed', words: wrong.slice(0, SHOWN).join('; ') + more };
}

async function proof(bundle, statement, trustedKey, notes) {
  if (bundle.receipt === null) {
    if (!Object.hasOwn(WHY_NOT, bundle.sealed)) return [result('receipt', ['there is no receipt, and no word why'], '')];
    return [{ name: 'receipt', state: 'open', words: WHY_NOT[bundle.sealed] }];
  }
  try {
    if (bundle.sealed !== 'sealed') throw new Refused('there is a receipt, and the bundle says that there is none');
    const receipt = await parseReceipt(bundle.receipt);
    namesStatement(receipt.opening, bundle.sha256, statement);
    const chain = await keysOf(bundle, trustedKey, notes);
    const signed = await checkInclusion(receipt);
    const isRight = await checkDated(receipt, signed, chain);
    const words = `event ${receipt.index} of the log names this statement and is among the ${signed.size} under the signed root`;
    return [{ name: 'receipt', state: 'ok', words }, signature(isRight, signed.origin, trustedKey)];
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return [result('receipt', [error.message], '')];
  }
}

function signature(isRight, log, trustedKey) {
  if (isRight === null) {
    const words = `this browser cannot check Ed25519 signatures. All else was checked, but nobody vouches for the log’s root: anybody could have made one. Use a newer browser, or the command fairhand verify statement`;
    return { name: 'signature', state: 'open', words };
  }
  const whose = trustedKey
    ? `${log} signed it with the key that you trust`
    : `${log} signed it, by the key that came in the bundle: compare that key with one you got by another way`;
  return { name: 'signature', state: 'ok', words: whose };
}

function namesStatement({ kind, event }, sha256, statement) {
  if (kind !== EVENT_KIND) throw new Refused(`the receipt is of another kind of event: ${kind}`);
  if (!Array.isArray(event?.statements) || !event.statements.includes(sha256)) {
    throw new Refused('the receipt is of another statement');
  }
  const isTheirs = event.person === statement.personId && event.period === statement.periodId;
  if (!isTheirs || event.simulated !== statement.isSimulated) throw new Refused('the receipt is of another person or period');
}

async function keysOf(bundle, trustedKey, notes) {
  const hinted = await parseKey(bundle.log_key);
  const chain = await linkKeys([trustedKey ? await parseKey(trustedKey.trim()) : hinted], [...(bundle.handovers ?? []), ...notes]);
  if (chain.keys.every((one) => one.text !== hinted.text)) {
    throw new Refused(`the bundle is from another log than the key you trust: ${hinted.name}`);
  }
  return chain;
}
