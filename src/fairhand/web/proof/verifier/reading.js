/* A statement and its entries, read strictly: anything missing or of another type is refused. */

import { MINOR, Refused, exponent, lowestTerms, parseAmount } from './exact.js';

const ENTRY_PARTS = 'activity amount_micros basis ended_at entry_id floor_minor_per_hour line paid_ms project_id quantity rate_micros_per_hour started_at unit_micros';
const WHOLE = /^-?(0|[1-9][0-9]{0,24})$/;

/** Reads one ledger entry of a bundle. */
export function readEntry(data) {
  if (!isRecord(data) || Object.keys(data).sort().join(' ') !== ENTRY_PARTS) {
    throw new Refused('an entry holds other fields than it should');
  }
  return {
    entryId: count(data.entry_id),
    line: count(data.line),
    projectId: count(data.project_id),
    activity: word(data.activity),
    basis: word(data.basis),
    startedAt: instant(data.started_at),
    endedAt: instant(data.ended_at),
    paidMs: BigInt(count(data.paid_ms)),
    rateMicros: whole(data.rate_micros_per_hour),
    quantity: maybe(data.quantity, (value) => BigInt(count(value))),
    unitMicros: maybe(data.unit_micros, whole),
    amountMicros: whole(data.amount_micros),
    floorMinor: maybe(data.floor_minor_per_hour, whole),
  };
}

/** Reads the document of a statement, of either format. */
export function readDocument(data) {
  try {
    return documentOf(data);
  } catch (error) {
    if (error instanceof Refused || !(error instanceof TypeError)) throw error;
    throw new Refused('a part of the statement is missing');
  }
}

export function isRecord(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function documentOf(data) {
  const version = { 'fairhand-statement/v1': 1, 'fairhand-statement/v2': 2 }[text(data.format)];
  if (!version) throw new Refused(`its format is ${data.format}, which is not known here`);
  const currency = text(data.currency);
  exponent(currency);
  const { paid_ms: totalMs, ...totals } = record(data.totals);
  return {
    version,
    currency,
    personId: integer(data.person.id),
    isSimulated: flag(data.person.simulated),
    periodId: integer(data.period.id),
    startsAt: instant(data.period.starts_at),
    endsAt: instant(data.period.ends_at),
    lines: list(data.lines).map((line, index) => lineOf(index + 1, line, version, currency)),
    projects: list(data.floor.projects).map((one) => projectOf(one, currency)),
    floors: list(data.floor.floors).map((one) => floorOf(one, currency)),
    unflooredMs: BigInt(integer(data.floor.paid_ms_without_floor)),
    totalMs: BigInt(integer(totalMs)),
    totals: Object.fromEntries(Object.entries(totals).map(([name, value]) => [name, parseAmount(value, currency)])),
    previous: maybe(given(data.previous_sha256), text),
  };
}

function lineOf(n, line, version, currency) {
  if (version === 2 && line.n !== n) throw new Refused(`line ${n} says that it is line ${line.n}`);
  const kind = text(line.kind);
  const amount = (value) => parseAmount(value, currency);
  return {
    n,
    kind,
    projectId: integer(line.project.id),
    activity: version === 1 && kind === 'top_up' ? 'top_up' : text(line.activity),
    isLate: Boolean(line.late_from_earlier_period ?? false),
    paidMs: BigInt(integer(line.paid_ms ?? 0)),
    rateMicros: maybe(line.rate_per_hour ?? null, amount),
    unitMicros: maybe(line.unit_amount ?? null, amount),
    quantity: maybe(line.quantity ?? null, (value) => BigInt(integer(value))),
    amountMicros: amount(line.amount),
    counts: version === 2 ? maybe(given(line.counts_for_floor), flag) : null,
    floorMinor: maybe(line.floor_per_hour ?? null, (value) => minor(value, currency)),
    entries: integer(line.ledger.entries),
    first: integer(line.ledger.first),
    last: integer(line.ledger.last),
    sha256: maybe(line.ledger.sha256 ?? null, text),
  };
}

function projectOf(one, currency) {
  const due = text(one.due_minor_units);
  const found = /^(-?[0-9]{1,40})\/([1-9][0-9]{0,40})$/.exec(due);
  if (!found || lowestTerms(BigInt(found[1]), BigInt(found[2])) !== due) {
    throw new Refused(`${due.slice(0, 40)} is not a fraction in lowest terms`);
  }
  return {
    projectId: integer(one.project_id),
    paidMs: BigInt(integer(one.paid_ms)),
    accruedMicros: parseAmount(one.accrued, currency),
    due,
    topUpMicros: parseAmount(one.top_up, currency),
  };
}

function floorOf(one, currency) {
  const exchanged = one.in_currency ?? null;
  const perHour = exchanged === null ? one.per_hour : exchanged.per_hour;
  return { minorPerHour: minor(perHour, currency), paidMs: BigInt(integer(one.paid_ms)) };
}

function minor(value, currency) {
  const micros = parseAmount(value, currency);
  if (micros % MINOR) throw new Refused(`${value} is not in whole minor units`);
  return micros / MINOR;
}

function count(value) {
  if (!Number.isSafeInteger(value) || value < 0) throw new Refused('a count is not a whole number');
  return value;
}

function integer(value) {
  if (!Number.isSafeInteger(value)) throw new Refused('a number of the statement is not whole');
  return value;
}

function whole(value) {
  if (typeof value !== 'string' || !WHOLE.test(value) || value === '-0') {
    throw new Refused('an amount of an entry is not a whole number as text');
  }
  return BigInt(value);
}

function word(value) {
  if (typeof value !== 'string' || !/^[a-z][a-z_]{0,31}$/.test(value)) throw new Refused('an entry holds a word that the ledger has not');
  return value;
}

function instant(value) {
  const at = typeof value === 'string' ? new Date(value) : new Date(NaN);
  if (Number.isNaN(at.getTime()) || at.toISOString() !== value) throw new Refused('an instant is not written as it should be');
  return at.getTime();
}

function text(value) {
  if (typeof value !== 'string') throw new Refused('a text of the statement is missing');
  return value;
}

function flag(value) {
  if (typeof value !== 'boolean') throw new Refused('a yes or no of the statement is missing');
  return value;
}

function list(value) {
  if (!Array.isArray(value)) throw new Refused('a list of the statement is missing');
  return value;
}

function record(value) {
  if (!isRecord(value)) throw new Refused('a part of the statement is missing');
  return value;
}

function given(value) {
  if (value === undefined) throw new Refused('a part of the statement is missing');
  return value;
}

function maybe(value, read) {
  return value === null ? null : read(value);
}
