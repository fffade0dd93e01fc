/* Every figure of a statement, computed again from its entries; each function says what is wrong. */

import { HOUR, MINOR, MINUTE, ceilDivide, lowestTerms, showAmount, sum } from './exact.js';
import { sha256Hex } from './tlog.js';

const COUNTING = ['time', 'piece', 'audio'];
const PER = { piece: 1n, audio: MINUTE, block: HOUR, premium: HOUR, expense: HOUR, overtime: HOUR };
const SUMS_OF = {
  base: [...COUNTING, 'block', 'cancellation'],
  premiums: ['premium', 'overtime'],
  expenses: ['expense'],
  royalties: ['royalty'],
  corrections: ['correction'],
  top_up: ['top_up'],
};

/** Every line is the sum of its entries, and its hash is theirs. */
export async function wrongLines(statement, entries) {
  const wrong = [];
  const ids = entries.map((one) => one.entryId);
  if (new Set(ids).size !== ids.length) wrong.push('an entry is there twice');
  if (ids.some((id, index) => index && id < ids[index - 1])) wrong.push('the entries are not in their order');
  const unknown = entries.find((one) => one.line < 1 || one.line > statement.lines.length);
  if (unknown) wrong.push(`there is no line ${unknown.line}`);
  const byLine = groupBy(entries, (one) => one.line);
  for (const line of statement.lines) wrong.push(...(await wrongLine(statement, line, byLine.get(line.n) ?? [])));
  return wrong;
}

/** Every amount is what its formula gives, rounded up once. */
export function wrongAmounts(entries) {
  const wrong = [];
  for (const one of entries) {
    const asked = formulaAmount(one);
    if (asked !== null && asked !== one.amountMicros) {
      wrong.push(`entry ${one.entryId} should come to ${asked} micros, not ${one.amountMicros}`);
    }
    if (one.paidMs && !countsForFloor(one.basis, one.paidMs)) {
      wrong.push(`entry ${one.entryId} has paid time and is kept from the floor`);
    }
  }
  return wrong;
}

/** What the floor asks for each project, and the top-up to it, are what the formula gives. */
export function wrongFloor(statement, entries) {
  const counting = new Set(
    statement.lines.filter((line) => countsForFloor(line.kind, line.paidMs)).map((line) => line.n),
  );
  const floored = entries.filter((one) => counting.has(one.line) && (statement.version > 1 || one.floorMinor !== null));
  const byProject = groupBy(floored, (one) => one.projectId);
  const asked = [...byProject.keys()].sort((a, b) => a - b);
  if (asked.join() !== statement.projects.map((one) => one.projectId).join()) {
    return ['the projects held against the floor are not those of the entries'];
  }
  const tops = new Map();
  for (const line of statement.lines.filter((one) => one.kind === 'top_up')) {
    tops.set(line.projectId, (tops.get(line.projectId) ?? 0n) + line.amountMicros);
  }
  const wrong = statement.projects.flatMap((said) => wrongProject(statement, said, byProject.get(said.projectId), tops));
  if ([...tops.keys()].some((project) => !byProject.has(project))) wrong.push('a top-up is for a project without work');
  return [...wrong, ...wrongFloorsUsed(statement, entries)];
}

/** The totals are the sums of the lines. */
export function wrongSums(statement, entries) {
  const { totals, lines, currency } = statement;
  const wrong = [];
  if (statement.totalMs !== sum(entries.map((one) => one.paidMs))) wrong.push('the paid time in all is not that of the lines');
  const ofKinds = (kinds) => sum(lines.filter((line) => kinds.includes(line.kind)).map((line) => line.amountMicros));
  const parts = statement.version === 1 ? { accrued: ['time'], top_up: ['top_up'] } : SUMS_OF;
  for (const [name, kinds] of Object.entries(parts)) {
    if (totals[name] !== ofKinds(kinds)) wrong.push(`${name} should be ${showAmount(ofKinds(kinds), currency)}`);
  }
  const whole = sum(lines.map((line) => line.amountMicros));
  if (totals.gross !== whole) wrong.push('gross is not the sum of the lines');
  if (['carried_in', 'to_pay', 'carried_out'].some((name) => totals[name] === undefined)) return [...wrong, 'a total is missing'];
  if (totals.carried_in + whole !== totals.to_pay + totals.carried_out) {
    wrong.push('what was brought over and earned is not what is paid and carried on');
  }
  return wrong;
}

/** Less than a minor unit is carried, from a statement that is named. */
export function wrongCarry({ totals, previous }) {
  const wrong = [];
  const isSmall = (micros) => micros !== undefined && micros >= 0n && micros < MINOR;
  if (!isSmall(totals.carried_in) || !isSmall(totals.carried_out)) wrong.push('what is carried is not below one minor unit');
  if (totals.to_pay === undefined || totals.to_pay % MINOR) wrong.push('what is to be paid is not in whole minor units');
  if (previous === null && totals.carried_in) wrong.push('something was brought over, and no statement before it is named');
  if (previous !== null && !/^[0-9a-f]{64}$/.test(previous)) wrong.push('the statement before it is not named by a SHA-256');
  return wrong;
}

/** Whether a line's money and time are held against the floor. */
export function countsForFloor(basis, paidMs) {
  return COUNTING.includes(basis) || (basis === 'correction' && paidMs > 0n);
}

/** What an entry must come to in micros; null where a person or a split decided it. */
export function formulaAmount(entry) {
  if (entry.basis === 'time') return ceilDivide(entry.rateMicros * entry.paidMs, HOUR);
  const per = Object.hasOwn(PER, entry.basis) ? PER[entry.basis] : null;
  if (per === null || entry.unitMicros === null || entry.quantity === null) return null;
  return ceilDivide(entry.unitMicros * entry.quantity, per);
}

async function wrongLine(statement, line, entries) {
  const place = `line ${line.n}`;
  const ids = entries.map((one) => one.entryId).sort((a, b) => a - b);
  const named = [ids.length, ids[0], ids.at(-1)].join();
  if (!ids.length || named !== [line.entries, line.first, line.last].join()) {
    return [`${place} does not name just the entries that are here`];
  }
  const wrong = [];
  if (sum(entries.map((one) => one.paidMs)) !== line.paidMs) wrong.push(`${place}: the entries’ time is not the line’s`);
  const total = sum(entries.map((one) => one.amountMicros));
  if (total !== line.amountMicros) {
    wrong.push(`${place}: the entries come to ${showAmount(total, statement.currency)}, not ${showAmount(line.amountMicros, statement.currency)}`);
  }
  const needsHash = statement.version > 1 || line.kind !== 'top_up';
  if ((needsHash || line.sha256 !== null) && line.sha256 !== (await ledgerHash(entries))) {
    wrong.push(`${place}: its hash over the ledger is not that of the entries`);
  }
  const odd = entries.find((one) => !fits(statement, line, one));
  if (odd) wrong.push(`${place}: entry ${odd.entryId} is of another kind, project, rate or time`);
  if (line.counts !== null && line.counts !== countsForFloor(line.kind, line.paidMs)) {
    wrong.push(`${place}: whether it counts for the floor is said wrongly`);
  }
  if (line.quantity !== null && line.quantity !== sum(entries.map((one) => one.quantity ?? 0n))) {
    wrong.push(`${place}: its quantity is not that of the entries`);
  }
  return wrong;
}

function ledgerHash(entries) {
  const ordered = [...entries].sort((a, b) => a.entryId - b.entryId);
  return sha256Hex(ordered.map((one) => `${one.entryId} ${one.paidMs} ${one.amountMicros}\n`).join(''));
}

function fits(statement, line, entry) {
  const isSame =
    entry.basis === line.kind &&
    entry.projectId === line.projectId &&
    entry.activity === line.activity &&
    (line.rateMicros === null || entry.rateMicros === line.rateMicros) &&
    (line.unitMicros === null || entry.unitMicros === line.unitMicros);
  const isUnder =
    statement.version === 1 ||
    (entry.floorMinor === line.floorMinor && (entry.quantity === null) === (line.quantity === null));
  const isInTime = entry.startedAt <= entry.endedAt && entry.endedAt < statement.endsAt;
  const isLate = entry.endedAt < statement.startsAt;
  return isSame && isUnder && isInTime && (line.kind === 'top_up' || isLate === line.isLate);
}

function wrongProject(statement, said, entries, tops) {
  const place = `project ${said.projectId}`;
  const accrued = sum(entries.map((one) => one.amountMicros));
  const asked = sum(entries.map((one) => hourlyMicros(statement, one) * one.paidMs));
  const missing = ceilDivide(asked - accrued * HOUR, HOUR * MINOR);
  const topUp = (missing > 0n ? missing : 0n) * MINOR;
  const wrong = [];
  if (sum(entries.map((one) => one.paidMs)) !== said.paidMs || accrued !== said.accruedMicros) {
    wrong.push(`${place}: its time or pay before the top-up is not that of its entries`);
  }
  if (lowestTerms(asked, HOUR * MINOR) !== said.due) wrong.push(`${place}: the floor asks another sum than is said`);
  if (topUp !== said.topUpMicros || topUp !== (tops.get(said.projectId) ?? 0n)) {
    wrong.push(`${place}: the top-up should be ${showAmount(topUp, statement.currency)}`);
  }
  if ((said.accruedMicros + said.topUpMicros) * HOUR < asked) wrong.push(`${place}: its pay is below the floor`);
  return wrong;
}

function hourlyMicros(statement, entry) {
  const floor = (entry.floorMinor ?? 0n) * MINOR;
  return statement.version > 1 && entry.rateMicros > floor ? entry.rateMicros : floor;
}

function wrongFloorsUsed(statement, entries) {
  const said = timeBy(statement.floors, (one) => one.minorPerHour);
  const used = timeBy(entries.filter((one) => one.floorMinor !== null), (one) => one.floorMinor);
  const wrong = [];
  if (said !== used) wrong.push('the floors that were used, or the time under them, are not those of the entries');
  const unfloored = sum(entries.filter((one) => one.floorMinor === null).map((one) => one.paidMs));
  if (unfloored !== statement.unflooredMs) wrong.push('the time without a known floor is not that of the entries');
  return wrong;
}

function timeBy(items, key) {
  const times = new Map();
  for (const one of items) times.set(String(key(one)), (times.get(String(key(one))) ?? 0n) + one.paidMs);
  const kept = [...times].filter(([, paidMs]) => paidMs > 0n).map(([name, paidMs]) => `${name}:${paidMs}`);
  return kept.sort().join();
}

function groupBy(items, key) {
  const groups = new Map();
  for (const one of items) {
    const group = groups.get(key(one));
    if (group) group.push(one);
    else groups.set(key(one), [one]);
  }
  return groups;
}
