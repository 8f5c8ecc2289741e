/** Where this browser keeps the device's key: IndexedDB, which holds keys that no script can take out. */

import type { DeviceStore } from "../protocol/index.ts";

const DATABASE = "earmark";
const STORE = "device";
const KEY = "pair";

export class BrowserStore implements DeviceStore {
  async load(): Promise<CryptoKeyPair | null> {
    return this.run("readonly", (store) => store.get(KEY) as IDBRequest<CryptoKeyPair | undefined>);
  }

  /** Keeps a pair unless there is one already: within one transaction, so that two windows agree. */
  async keep(pair: CryptoKeyPair): Promise<CryptoKeyPair> {
    const kept = await this.run("readwrite", (store) => {
      const found = store.get(KEY) as IDBRequest<CryptoKeyPair | undefined>;
      found.onsuccess = () => {
        if (found.result === undefined) {
          store.put(pair, KEY);
        }
      };
      return found;
    });
    return kept ?? pair;
  }

  private async run<T>(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore) => IDBRequest<T | undefined>,
  ): Promise<T | null> {
    const database = await opened();
    try {
      return await new Promise<T | null>((resolve, reject) => {
        const transaction = database.transaction(STORE, mode);
        const request = work(transaction.objectStore(STORE));
        transaction.oncomplete = () => {
          resolve(request.result ?? null);
        };
        transaction.onabort = () => {
          reject(transaction.error ?? new Error("the browser keeps nothing"));
        };
      });
    } finally {
      database.close();
    }
  }
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE);
    };
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("the browser keeps nothing"));
    };
  });
}
