/* A receipt that a contributor keeps: the event, its promise, the releases that hold it, its pay. */

import { checkDated, linkKeys } from './chain.js';
import { Refused, exponent, parseAmount } from './exact.js';
import { readDocument } from './reading.js';
import { canonicalJson, checkInclusion, fromBase64, leafHash, parseCanonical, parseKey, parseReceipt, rootOf, sha256Hex, signedBy, toHex } from './tlog.js';

export const RECEIPT = 'fairhand.receipt/v1';
export const PROMISE = 'fairhand.promise/v1';
export const PROOF = 'c2sp.org/tlog-proof@v1';
const RECEIPT_PARTS = 'event format log_key promise releases statement';
const PROMISE_PARTS = 'at by leaf_hash log signature type';

/**
 * Checks a receipt, a plain proof or a promise; trustedKey is the log's key as text, or ''. `notes`
 * are the handovers of a log whose key changed, beside those in a receipt.
 * Each check is {name, state: 'ok' | 'failed' | 'open', words}; `sentence` says all of it in one.
 */
export async function verifyReceipt(text, trustedKey, notes = []) {
  const checks = [];
  try {
    if (text.startsWith(PROOF)) return await plain(text, trustedKey, checks, notes);
    const content = parseCanonical(text, 'the file');
    if (content?.type === PROMISE) return await lonePromise(content, trustedKey, notes);
    return await wholeReceipt(content, trustedKey, checks, notes);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, checks: [...checks, { name: 'event', state: 'failed', words: error.message }], sentence: '' };
  }
}

async function wholeReceipt(content, trustedKey, checks, notes) {
  if (content?.format !== RECEIPT) throw new Refused(`it is not a ${RECEIPT}`);
  const { handovers = [''], ...parts } = content;
  const isNoted = Array.isArray(handovers) && handovers.length > 0 && handovers.every((one) => typeof one === 'string');
  const isReceipt = Object.keys(parts).sort().join(' ') === RECEIPT_PARTS && Array.isArray(content.releases) && isNoted;
  if (!isReceipt || typeof content.event !== 'string' || typeof content.log_key !== 'string') {
    throw new Refused('it has other parts than a receipt has');
  }
  const hint = await parseKey(content.log_key);
  const key = await linkKeys([trustedKey ? await parseKey(trustedKey.trim()) : hint], [...(content.handovers ?? []), ...notes]);
  if (key.keys.every((one) => one.text !== hint.text)) {
    throw new Refused(`it is from another log or key than you trust: ${hint.name}`);
  }
  const event = await openEvent(content.event, key, checks, Boolean(trustedKey));
  const { body } = event;
  if (content.promise !== null) {
    await step(checks, 'promise', () => promised(content.promise, key, event.receipt.leaf));
  }
  const names = [];
  for (const one of content.releases) await step(checks, 'release', () => released(one, body, key, names));
  if (!names.length) checks.push({ name: 'release', state: 'open', words: 'no release holds it, as far as this file knows' });
  const paid = await pay(checks, content.statement, event, key);
  return report(checks, () => sentenceOf(event, names, paid));
}

async function plain(text, trustedKey, checks, notes) {
  if (!trustedKey) throw new Refused('a bare proof says nothing of who signed it: give the log’s key');
  const event = await openEvent(text, await linkKeys([await parseKey(trustedKey.trim())], notes), checks, true);
  return report(checks, () => sentenceOf(event, [], ''));
}

async function lonePromise(content, trustedKey, notes) {
  if (!trustedKey) throw new Refused('a promise does not bring its key: give the log’s key');
  const words = await promised(content, await linkKeys([await parseKey(trustedKey.trim())], notes), null);
  const waits = { name: 'event', state: 'open', words: `the log has to hold it by ${content.by}` };
  return { ok: false, checks: [{ name: 'promise', state: 'ok', words }, waits], sentence: `The log ${words}; that it does is not proven yet.` };
}

function report(checks, sentence) {
  const isWrong = checks.some((one) => one.state === 'failed');
  const isSigned = checks.some((one) => one.name === 'signature' && one.state === 'ok');
  return { ok: !isWrong && isSigned, checks, sentence: isWrong ? '' : sentence() };
}

/** Reads a proof up to the log's signature; an event that was erased has no body. */
async function openEvent(text, key, checks, isTrusted) {
  const receipt = await parseReceipt(text, true);
  const signed = await checkInclusion(receipt);
  const kind = receipt.opening ? receipt.opening.kind : 'an event that was erased';
  checks.push({ name: 'event', state: 'ok', words: `${kind} is number ${receipt.index} of the ${signed.size} under the signed root` });
  const right = await checkDated(receipt, signed, key);
  const whose = isTrusted ? 'with a key that you trust' : 'by the key that came along: compare it';
  checks.push(right === null
    ? { name: 'signature', state: 'open', words: 'this browser cannot check Ed25519 signatures; use a newer one, or fairhand-verify' }
    : { name: 'signature', state: 'ok', words: `${signed.origin} signed it, ${whose}` });
  return { receipt, kind, at: receipt.opening?.at ?? null, body: receipt.opening?.event ?? null };
}

/** A proof inside the receipt, under the same key; its own lines are not told. */
async function inner(text, key, kind) {
  const found = await openEvent(asText(text), key, [], true);
  if (found.kind !== kind) throw new Refused(`the event is of another kind: ${found.kind}`);
  return found.body;
}

async function promised(content, key, leaf) {
  const isPromise = content !== null && typeof content === 'object' && Object.keys(content).sort().join(' ') === PROMISE_PARTS;
  const own = key.keys.filter((one) => one.name === content?.log);
  if (!isPromise || content.type !== PROMISE || !own.length) throw new Refused('the promise is none of this log');
  const { signature, ...signed } = content;
  const said = [];
  for (const one of own) said.push([one, await signedBy(one, fromBase64(asText(signature)), canonicalJson(signed))]);
  const made = said.filter(([, right]) => right !== false).map(([one]) => one);
  if (!made.length) throw new Refused('the promise was not signed by this log: it was changed');
  if (!key.at(asText(content.at)).some((one) => made.includes(one))) throw new Refused('the key that signed the promise was retired before');
  if (leaf !== null && content.leaf_hash !== toHex(await leafHash(leaf))) throw new Refused('the promise is of another event');
  return `promised to hold it by ${content.by}${leaf === null ? '' : ', and kept'}`;
}

async function released(one, body, key, names) {
  const isPart = one !== null && typeof one === 'object' && Object.keys(one).sort().join(' ') === 'event hashes index row';
  if (!isPart || body === null || !Array.isArray(one.hashes)) throw new Refused('the part about a release is not one');
  const made = await inner(one.event, key, 'release.made');
  const [row, size] = [asText(one.row), made.annotations];
  if (!Number.isSafeInteger(one.index) || !Number.isSafeInteger(size) || one.index < 0) throw new Refused('a count is none');
  const leaf = await leafHash(new TextEncoder().encode(row));
  const root = await rootOf(leaf, one.index, size, one.hashes.map((hash) => fromBase64(asText(hash))));
  if (root === null || toHex(root) !== made.annotations_root) throw new Refused('the row is not in the release under its root');
  if (JSON.parse(row).annotation_id !== body.annotation || made.project !== body.project) throw new Refused('the row is of another annotation');
  const answer = await answerWords(row, body);
  const name = `release v${made.version} of project ${made.project}`;
  names.push(name);
  return `it is row ${one.index} of the ${size} of ${name}${answer}`;
}

/** Whether the row holds the answer that was sent, or an item that stands for it. */
async function answerWords(row, body) {
  if (!('value_sha256' in body)) return '';
  const [start, end] = [row.indexOf('"value":'), row.lastIndexOf(',"counted":')];
  if (start < 0 || end < start) throw new Refused('the row holds no answer');
  if ((await sha256Hex(row.slice(start + 8, end))) === body.value_sha256) return ', with the answer as it was sent';
  const parts = Object.values(JSON.parse(row).value);
  if (parts.some((one) => one !== null && typeof one === 'object' && 'item' in one)) return ', with an item in the place of the answer';
  throw new Refused('the release holds another answer than the one that was sent');
}

async function pay(checks, part, { at, body }, key) {
  const paid = body?.paid;
  if (paid === null || typeof paid !== 'object') return '';
  const words = `paid ${paid.amount} ${paid.currency} for ${Math.round(paid.milliseconds / 1000)} s`;
  if (part === null) {
    checks.push({ name: 'pay', state: 'open', words: `${words}; the statement that settles it is still to come` });
    return `${words}; the statement that settles it is still to come`;
  }
  let said = '';
  await step(checks, 'pay', async () => {
    said = await settled(part, at, body, key);
    return `${words}; ${said}`;
  });
  return said && `${words}: ${said}`;
}

async function settled(part, at, body, key) {
  if (typeof part !== 'object' || Object.keys(part).sort().join(' ') !== 'event text') throw new Refused('the part about pay is not one');
  const text = asText(part.text);
  const made = await inner(part.event, key, 'pay.statement_made');
  if (!Array.isArray(made.statements) || !made.statements.includes(await sha256Hex(text))) {
    throw new Refused('the statement is another than its event names');
  }
  const body_ = parseCanonical(text, 'the statement');
  const statement = readDocument(body_);
  if (statement.personId !== made.person || statement.personId !== body.person) throw new Refused('the statement is of another person');
  if (statement.currency !== body.paid.currency) throw new Refused('the statement is in another currency than the work was paid in');
  if (new Date(at).toISOString() >= body_.period.ends_at) throw new Refused('the statement is of a time before the work');
  const mine = body_.lines.filter((line) => line.project.id === body.project);
  if (!mine.length) throw new Refused('the statement pays nothing for this project');
  const isLate = mine.some((line) => line.late_from_earlier_period);
  if (new Date(at).toISOString() < body_.period.starts_at && !isLate) throw new Refused('the statement is of a time after the work, and pays nothing of before');
  return floorWords(body_, body.project);
}

function floorWords(document, project) {
  const { currency } = document;
  const used = document.floor.floors.map((one) => parseAmount((one.in_currency ?? one).per_hour, currency));
  const mine = document.floor.projects.find((one) => one.project_id === project);
  if (!mine && used.length) throw new Refused('the statement pays less than the floor asks for');
  if (!mine) return 'no floor was known where they live';
  const [above, below] = mine.due_minor_units.split('/').map(BigInt);
  const gained = parseAmount(mine.accrued, currency) + parseAmount(mine.top_up, currency);
  if (gained * below < above * 1000000n) throw new Refused('the statement pays less than the floor asks for');
  if (!used.length) return 'no floor was known where they live';
  const highest = used.reduce((one, other) => (one > other ? one : other)) / 1000000n;
  const digits = exponent(currency);
  const text = String(highest).padStart(digits + 1, '0');
  const shown = digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text;
  return `at or above the floor of ${shown} ${currency} an hour`;
}

function sentenceOf({ kind, at, body }, names, paid) {
  if (body === null) return 'An event is in the log; what it said was erased on somebody’s wish.';
  const day = new Date(at).toISOString().slice(0, 10);
  const what = 'annotation' in body ? `Annotation ${body.annotation} of ${day}` : `${kind} of ${day}`;
  const where = names.length ? ` and in ${names.join(', ')}` : '';
  return `${what} is in the log${where}${paid ? `, ${paid}` : ''}.`;
}

async function step(checks, name, check) {
  try {
    checks.push({ name, state: 'ok', words: await check() });
  } catch (error) {
    if (!(error instanceof Refused || error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError)) throw error;
    checks.push({ name, state: 'failed', words: error instanceof Refused ? error.message : `it cannot be read: ${error.message}` });
  }
}

function asText(value) {
  if (typeof value !== 'string') throw new Refused('a text is none');
  return value;
}
