// @ts-check
/**
 * Recordings and photos on this device, part by part, from the first second on: a closed page loses
 * none. They leave it when the server has them whole. Without IndexedDB they live in memory.
 *
 * @typedef {{id: string, task_id: number, question: string, rate: number, samples: number, done: boolean,
 *   created: number, failed?: boolean, why?: string, bytes?: number}} Take a photo has `bytes` and no samples
 * @typedef {{id: string, number: number, bytes: ArrayBuffer}} Piece
 */

export class Takes {
  /** @param {IDBDatabase | null} base */
  constructor(base) {
    this.base = base;
    this.durable = base !== null;
    /** @type {Map<string, Take>} */
    this.takes = new Map();
    /** @type {Map<string, Piece>} */
    this.pieces = new Map();
  }

  /** @param {number} person @param {string} [shelf] @returns {Promise<Takes>} */
  static async open(person, shelf = 'voice') {
    const base = await new Promise((resolve) => {
      try {
        const request = indexedDB.open(`fairhand-${shelf}-${person}`, 1);
        request.onupgradeneeded = () => {
          request.result.createObjectStore('takes', { keyPath: 'id' });
          request.result.createObjectStore('pieces', { keyPath: ['id', 'number'] });
        };
        request.onsuccess = () => resolve(request.result);
        request.onerror = request.onblocked = () => resolve(null);
      } catch {
        resolve(null);
      }
      setTimeout(() => resolve(null), 2000);
    });
    const found = new Takes(base);
    if (base) for (const take of await found.#ask('takes', (shelf) => shelf.getAll())) found.takes.set(take.id, take);
    return found;
  }

  /** @returns {Take[]} oldest first */
  all() {
    return [...this.takes.values()].sort((a, b) => a.created - b.created);
  }

  /** @param {Take} take */
  keep(take) {
    this.takes.set(take.id, take);
    return this.#write(['takes'], (shelf) => shelf('takes').put(take));
  }

  /** @param {Piece} piece */
  keepPiece(piece) {
    if (!this.durable) this.pieces.set(`${piece.id} ${piece.number}`, piece);
    return this.#write(['pieces'], (shelf) => shelf('pieces').put(piece));
  }

  /** @param {string} id @param {number} number @returns {Promise<ArrayBuffer | null>} */
  async piece(id, number) {
    const held = this.pieces.get(`${id} ${number}`);
    if (held || !this.base) return held?.bytes ?? null;
    return (await this.#ask('pieces', (shelf) => shelf.get([id, number])))?.bytes ?? null;
  }

  /** @param {string} id */
  forget(id) {
    this.takes.delete(id);
    for (const key of [...this.pieces.keys()]) if (key.startsWith(id + ' ')) this.pieces.delete(key);
    return this.#write(['takes', 'pieces'], (shelf) => {
      shelf('takes').delete(id);
      shelf('pieces').delete(IDBKeyRange.bound([id, 0], [id, Infinity]));
    });
  }

  /** @param {string} name @param {(shelf: IDBObjectStore) => IDBRequest} act @returns {Promise<any>} */
  #ask(name, act) {
    return new Promise((resolve, reject) => {
      const request = act(/** @type {IDBDatabase} */ (this.base).transaction(name).objectStore(name));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  /** @param {string[]} names @param {(shelf: (name: string) => IDBObjectStore) => void} act */
  #write(names, act) {
    if (!this.base) return Promise.resolve(false);
    const base = this.base;
    return new Promise((resolve) => {
      try {
        const change = base.transaction(names, 'readwrite', { durability: 'relaxed' });
        act((name) => change.objectStore(name));
        change.oncomplete = () => resolve(true);
        change.onerror = change.onabort = () => resolve((this.durable = false));
      } catch {
        resolve((this.durable = false));
      }
    });
  }
}
