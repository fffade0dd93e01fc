// @ts-check
/**
 * What this device remembers: answers not yet sent, tasks held, drafts, tasks already answered.
 * One database for each person, so that on a shared phone nobody sends what is another's. Without
 * IndexedDB (some private windows) it lives in memory, and `durable` says so.
 *
 * @typedef {'outbox' | 'held' | 'drafts' | 'done'} Shelf
 */
const SHELVES = /** @type {const} */ ({
  outbox: 'client_key',
  held: 'task_id',
  drafts: 'task_id',
  done: 'task_id',
});

export class Store {
  /** @param {IDBDatabase | null} base */
  constructor(base) {
    this.base = base;
    this.durable = base !== null;
    /** @type {Record<Shelf, Map<any, any>>} */
    this.memory = { outbox: new Map(), held: new Map(), drafts: new Map(), done: new Map() };
  }

  /** @param {string | number} person @returns {Promise<Store>} */
  static open(person) {
    return new Promise((resolve) => {
      const give = (/** @type {IDBDatabase | null} */ base) => resolve(new Store(base));
      try {
        const request = indexedDB.open(`fairhand-${person}`, 1);
        request.onupgradeneeded = () => {
          for (const [name, keyPath] of Object.entries(SHELVES)) {
            request.result.createObjectStore(name, { keyPath });
          }
        };
        request.onsuccess = () => give(request.result);
        request.onerror = request.onblocked = () => give(null);
      } catch {
        give(null);
      }
      setTimeout(() => give(null), 2000);
    });
  }

  /** @param {Shelf} shelf @returns {Promise<any[]>} */
  all(shelf) {
    const base = this.base;
    if (!base) return Promise.resolve([...this.memory[shelf].values()]);
    return new Promise((resolve, reject) => {
      const request = base.transaction(shelf).objectStore(shelf).getAll();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  /** Resolves when the device has it on disk. @param {Shelf} shelf @param {any} thing */
  put(shelf, thing) {
    this.memory[shelf].set(thing[SHELVES[shelf]], thing);
    return this.#write(shelf, (objects) => objects.put(thing));
  }

  /** @param {Shelf} shelf @param {any} key */
  remove(shelf, key) {
    this.memory[shelf].delete(key);
    return this.#write(shelf, (objects) => objects.delete(key));
  }

  /** @param {Shelf} shelf @param {(objects: IDBObjectStore) => void} act @returns {Promise<boolean>} */
  #write(shelf, act) {
    const base = this.base;
    if (!base) return Promise.resolve(false);
    return new Promise((resolve) => {
      try {
        const durability = shelf === 'outbox' ? 'strict' : 'relaxed';
        const change = base.transaction(shelf, 'readwrite', { durability });
        act(change.objectStore(shelf));
        change.oncomplete = () => resolve(true);
        change.onerror = change.onabort = () => resolve((this.durable = false));
      } catch {
        resolve((this.durable = false));
      }
    });
  }
}
