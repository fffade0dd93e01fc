// @ts-check
/** The contributors' channels: letters are written, sealed and opened on this page alone. */
import { fingerprint, handOver, newKey, newPair, openLetter, openPair, sealLetter, takeOver } from './letters.js';

/**
 * @typedef {{handle: string, public_key: JsonWebKey}} Member
 * @typedef {{id: number, name: string, epoch: number, keys: {[epoch: string]: import('./letters.js').SealedKey}, holders: string[], turn: boolean}} Channel
 * @typedef {{me: (Member & {wrapped_key: import('./letters.js').Wrapped}) | null, members: Member[], channels: Channel[]}} Room
 */

const LEAST_WORDS = 12;
const EVERY_MS = 10000;
const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const field = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));
/** @type {Room} */
let room = { me: null, members: [], channels: [] };
/** @type {CryptoKey | null} */
let own = null;
/** Opened keys by channel and epoch. @type {Map<string, CryptoKey>} */
const opened = new Map();
let chosen = 0;
let after = 0;

/** @param {string} words @param {boolean} [bad] */
function say(words, bad = false) {
  byId('said').className = bad ? 'notice bad' : 'notice ok';
  byId('said').textContent = words;
  byId('said').hidden = !words;
}

/** @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<any>} null when it failed */
async function send(method, path, body) {
  const token = document.querySelector('meta[name=csrf-token]')?.getAttribute('content') || '';
  try {
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': token },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) return answer;
    say(answer.detail || 'It could not be done.', true);
  } catch {
    say('No connection. Try again when it is back.', true);
  }
  return null;
}

const current = () => room.channels.find((one) => one.id === chosen);
const memberOf = (/** @type {string} */ handle) => room.members.find((one) => one.handle === handle);

/** Remembers on this device whose key was seen, and says whose has changed since.
 * @param {Member} member */
async function isKnown(member) {
  const name = `channel-key:${member.handle}`;
  const print = await fingerprint(member.public_key);
  const before = localStorage.getItem(name);
  if (before === null) localStorage.setItem(name, print);
  return before === null || before === print;
}

/** @param {Channel} channel @param {number} epoch @returns {Promise<CryptoKey | null>} */
async function keyOf(channel, epoch) {
  const name = `${channel.id}/${epoch}`;
  const before = opened.get(name);
  if (before) return before;
  const sealed = channel.keys[String(epoch)];
  const sender = sealed && memberOf(sealed.from);
  if (!sealed || !sender || !own || !room.me) return null;
  const key = await takeOver(sealed, own, room.me.handle, sender.public_key);
  if (key) opened.set(name, key);
  return key;
}

/** @param {CryptoKey} key @param {Member[]} members */
async function sealFor(key, members) {
  /** @type {{[handle: string]: import('./letters.js').SealedKey}} */
  const keys = {};
  if (own && room.me) for (const one of members) keys[one.handle] = await handOver(key, own, room.me.handle, one);
  return keys;
}

async function load() {
  const answer = await send('GET', '/me/channel');
  if (!answer) return;
  room = answer;
  if (!current() && room.channels[0]) chosen = room.channels[0].id;
  await show();
}

async function show() {
  byId('begin').hidden = Boolean(room.me);
  byId('unlock').hidden = !room.me || Boolean(own);
  byId('open').hidden = !own;
  if (!own || !room.me) return;
  const pick = /** @type {HTMLSelectElement} */ (byId('pick'));
  pick.replaceChildren(...room.channels.map((one) => new Option(one.name, String(one.id), false, one.id === chosen)));
  byId('picker').hidden = room.channels.length < 2;
  const channel = current();
  byId('talk').hidden = !channel;
  byId('none').hidden = Boolean(channel);
  byId('title').textContent = channel ? channel.name : '';
  await showMembers(channel);
}

/** @param {Channel | undefined} channel */
async function showMembers(channel) {
  const rows = [];
  for (const one of room.members) {
    const row = document.createElement('li');
    const known = await isKnown(one);
    row.append(`${one.handle}${one.handle === room.me?.handle ? ' (you)' : ''} `);
    const print = document.createElement('code');
    print.textContent = await fingerprint(one.public_key);
    row.append(print);
    if (!known) row.append(' The key has changed: ask in person before you trust it. ');
    if (channel && !channel.holders.includes(one.handle)) {
      const button = document.createElement('button');
      button.className = 'button';
      button.textContent = `Let ${one.handle} in`;
      button.addEventListener('click', () => letIn(channel, one));
      row.append(' ', button);
    }
    rows.push(row);
  }
  byId('members').replaceChildren(...rows);
}

/** @param {Channel} channel @param {Member} member */
async function letIn(channel, member) {
  const key = await keyOf(channel, channel.epoch);
  if (!key) return say('Your key of this channel does not open.', true);
  localStorage.setItem(`channel-key:${member.handle}`, await fingerprint(member.public_key));
  const body = { epoch: channel.epoch, keys: await sealFor(key, [member]) };
  if (await send('POST', `/channels/${channel.id}/keys`, body)) {
    say(`${member.handle} can read from now on.`);
    await load();
  }
  return undefined;
}

/** Draws a new key after somebody left, for those who still hold the old one.
 * @param {Channel} channel */
async function turn(channel) {
  const key = await newKey();
  const staying = room.members.filter((one) => channel.holders.includes(one.handle) || one.handle === room.me?.handle);
  const body = { epoch: channel.epoch + 1, keys: await sealFor(key, staying) };
  await send('POST', `/channels/${channel.id}/keys`, body);
  await load();
}

/** @param {SubmitEvent} event */
async function begin(event) {
  event.preventDefault();
  const [words, again] = [field('new-words').value, field('new-words-again').value];
  if (words.length < LEAST_WORDS) return say(`Use at least ${LEAST_WORDS} characters; a sentence is fine.`, true);
  if (words !== again) return say('The two are not the same.', true);
  say('Drawing your keys…');
  const { publicKey, wrapped } = await newPair(words);
  const body = { handle: field('handle').value.trim(), public_key: publicKey, wrapped_key: wrapped };
  const answer = await send('PUT', '/me/channel', body);
  if (!answer) return undefined;
  room = answer;
  own = await openPair(wrapped, words);
  say('You are in. Keep your words: nobody can find them again for you.');
  return load();
}

/** @param {SubmitEvent} event */
async function unlock(event) {
  event.preventDefault();
  if (!room.me) return undefined;
  say('Opening…');
  own = await openPair(room.me.wrapped_key, field('words').value);
  field('words').value = '';
  if (!own) return say('These are not the words that sealed your key.', true);
  say('');
  await show();
  return read();
}

/** @param {SubmitEvent} event */
async function make(event) {
  event.preventDefault();
  if (!room.me) return;
  const keys = await sealFor(await newKey(), [{ handle: room.me.handle, public_key: room.me.public_key }]);
  const made = await send('POST', '/channels', { name: field('name').value, keys });
  if (!made) return;
  field('name').value = '';
  pickChannel(made.id);
  say('Made. Let others in when you have compared their numbers.');
}

/** @param {number} id */
function pickChannel(id) {
  chosen = id;
  after = 0;
  byId('letters').replaceChildren();
  load().then(read);
}

/** @param {SubmitEvent} event */
async function write(event) {
  event.preventDefault();
  const text = field('letter').value.trim();
  if (!text) return undefined;
  await load();
  let channel = current();
  if (channel?.turn) {
    await turn(channel);
    channel = current();
  }
  if (!channel || !room.me) return undefined;
  const key = await keyOf(channel, channel.epoch);
  if (!key) return say('You have not been let in since the key was turned. Ask another member.', true);
  const name = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const sealed = await sealLetter(key, [channel.id, channel.epoch, room.me.handle, name], text);
  const body = { epoch: channel.epoch, client_key: name, sealed };
  if (!(await send('POST', `/channels/${channel.id}/letters`, body))) return undefined;
  field('letter').value = '';
  say('');
  return read();
}

/** Fetches and opens what is new. */
async function read() {
  const channel = current();
  if (!channel || !own) return;
  const answer = await send('GET', `/channels/${channel.id}/letters?after=${after}`);
  for (const one of answer ? answer.letters : []) {
    if (one.id <= after) continue;
    after = one.id;
    const key = await keyOf(channel, one.epoch);
    const text = key && (await openLetter(key, [channel.id, one.epoch, one.from, one.client_key], one.sealed));
    const row = document.createElement('li');
    const who = document.createElement('strong');
    who.textContent = one.from;
    row.append(who, ` ${one.at.slice(0, 16).replace('T', ' ')} UTC `);
    const body = document.createElement('p');
    body.textContent = text ?? 'This letter does not open with your key.';
    row.append(body);
    byId('letters').append(row);
  }
}

async function leave() {
  if (!(await send('POST', '/me/channel/leave', {}))) return;
  own = null;
  opened.clear();
  say('You have left. Your keys are gone.');
  await load();
}

if (document.getElementById('begin')) {
  byId('begin').addEventListener('submit', begin);
  byId('unlock').addEventListener('submit', unlock);
  byId('make').addEventListener('submit', make);
  byId('write').addEventListener('submit', write);
  byId('leave').addEventListener('click', leave);
  byId('pick').addEventListener('change', (event) => pickChannel(Number(/** @type {HTMLSelectElement} */ (event.target).value)));
  if (!crypto.subtle) say('Sealing needs a secure connection: open this page with https.', true);
  setInterval(() => document.visibilityState === 'visible' && read(), EVERY_MS);
  load();
}
