/* The page: a file comes in, plain words come out. Nothing leaves this machine. */

import { verifyBundle } from './bundle.js';
import { parseNotes } from './chain.js';
import { Refused } from './exact.js';
import { PROMISE, PROOF, RECEIPT, verifyReceipt } from './receipt.js';

const TITLES = {
  event: 'The event is in the log',
  promise: 'The log’s promise',
  release: 'A release holds it',
  pay: 'What was paid for it',
  form: 'The file is whole',
  fingerprint: 'The statement is the one that its fingerprint names',
  lines: 'Every line is the sum of its ledger entries',
  amounts: 'Every amount is its rate × time, or its price × pieces',
  floor: 'Nothing was paid below the floor',
  sums: 'The totals add up',
  carry: 'What is carried over is less than one smallest coin',
  receipt: 'The statement is in the log',
  signature: 'The log’s key signed it',
};
const MARKS = { ok: '✓ right', failed: '✗ WRONG', open: '? not checked' };
const KINDS = { time: 'time', piece: 'pieces', audio: 'minutes of audio', top_up: 'top-up to the floor', block: 'minimum block', cancellation: 'called off late' };
const LARGEST = 200000000;
const byId = (id) => document.getElementById(id);
let chosen = null;

byId('file').addEventListener('change', (event) => choose(event.target.files[0]));
for (const id of ['key', 'handovers']) byId(id).addEventListener('change', () => chosen && choose(chosen));
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  choose(event.dataTransfer.files[0]);
});
if (!globalThis.crypto?.subtle) byId('insecure').hidden = false;

async function choose(file) {
  if (!file) return;
  chosen = file;
  const report = file.size > LARGEST ? tooLarge() : await verify(await readFile(file), byId('key').value, byId('handovers').files[0]);
  if (chosen === file) show(file.name, report);
}

/** Tells the forms apart; a file of several receipts, one a line, is gone through line by line. */
async function verify(text, key, file) {
  let notes = [];
  try {
    if (file) notes = parseNotes(await readFile(file));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, checks: [{ name: 'signature', state: 'failed', words: error.message }], sentence: '' };
  }
  if (text.startsWith(PROOF) || (!text.includes('\n') && isReceipt(text))) return verifyReceipt(text, key, notes);
  const lines = text.split('\n').filter(Boolean);
  if (!lines.length || !lines.every(isReceipt)) return verifyBundle(text, key, notes);
  const checks = [];
  for (const line of lines) {
    const { ok, sentence, checks: found } = await verifyReceipt(line, key, notes);
    const failed = found.filter((one) => one.state === 'failed').map((one) => one.words);
    checks.push({ name: 'event', state: ok ? 'ok' : failed.length ? 'failed' : 'open', words: failed.join('; ') || sentence });
  }
  return { ok: checks.every((one) => one.state === 'ok'), checks, sentence: `${lines.length} receipts.` };
}

function isReceipt(text) {
  return text.startsWith('{') && (text.includes(`"format":"${RECEIPT}"`) || text.includes(`"type":"${PROMISE}"`));
}

/** Reads a file byte for byte: a mark at its beginning is not swallowed, a wrong byte is kept wrong. */
async function readFile(file) {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await file.arrayBuffer());
}

function tooLarge() {
  return { ok: false, checks: [{ name: 'form', state: 'failed', words: 'it is too large to be a bundle' }], statement: null };
}

function show(name, report) {
  const isWrong = report.checks.some((check) => check.state === 'failed');
  const what = 'statement' in report ? 'statement' : 'receipt';
  const verdict = report.ok ? `This ${what} holds.` : isWrong ? `This ${what} DOES NOT HOLD.` : `This ${what} is NOT PROVEN.`;
  byId('result').className = report.ok ? 'ok' : isWrong ? 'failed' : 'open';
  byId('verdict').textContent = report.sentence ? `${verdict} ${report.sentence}` : verdict;
  byId('name').textContent = name;
  byId('checks').replaceChildren(...report.checks.map(checkItem));
  byId('said').replaceChildren(...(report.statement ? said(report.statement) : []));
  byId('result').hidden = false;
}

function checkItem({ name, state, words }) {
  return node('li', state, node('strong', '', `${MARKS[state]}: ${TITLES[name]}`), node('p', '', words));
}

function said(statement) {
  const { currency, totals, period } = statement;
  const about = `${currency} ${totals.to_pay} to be paid to person ${statement.person.id}, for the time from ${period.starts_at.slice(0, 10)} to ${period.ends_at.slice(0, 10)}.`;
  const rows = statement.lines.map((line) =>
    node('tr', '', ...[line.project.title, line.activity ?? '', KINDS[line.kind] ?? line.kind, hours(line.paid_ms ?? 0), line.amount].map((cell) => node('td', '', cell))),
  );
  const head = node('tr', '', ...['Project', 'For', 'Counted as', 'Time', currency].map((cell) => node('th', '', cell)));
  return [node('h2', '', 'What it says'), node('p', '', about), node('table', '', node('thead', '', head), node('tbody', '', ...rows))];
}

function hours(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (number) => String(number).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
}

function node(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (name === 'th') made.scope = 'col';
  made.append(...children);
  return made;
}
