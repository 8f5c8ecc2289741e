/** The device's key: Ed25519, made once in this browser, and not to be taken out of it. */

import type { Bytes } from "../keys.ts";

const ALGORITHM = "Ed25519";

/** Where the device's key pair is kept; in the page, IndexedDB, which can hold keys that cannot be exported. */
export interface DeviceStore {
  /** Returns the pair that is kept, or null. */
  load(): Promise<CryptoKeyPair | null>;
  /** Keeps a pair unless there is one already; returns the one that is kept now. Two windows may call this at once. */
  keep(pair: CryptoKeyPair): Promise<CryptoKeyPair>;
}

/** A device: it can sign, and others can know it by its public key. */
export class Device {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Bytes;
  readonly #privateKey: CryptoKey;

  private constructor(publicKey: Bytes, privateKey: CryptoKey) {
    this.publicKey = publicKey;
    this.#privateKey = privateKey;
  }

  /** Returns this browser's device, with the key that is kept, or one that is made and kept now. */
  static async open(store: DeviceStore): Promise<Device> {
    const pair = (await store.load()) ?? (await store.keep(await newPair()));
    return new Device(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)), pair.privateKey);
  }

  /** Returns the signature of a message, 64 bytes. */
  async sign(message: Bytes): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.sign(ALGORITHM, this.#privateKey, message));
  }
}

/** A store that forgets when the page is closed; for tests, and for browsers that keep nothing. */
export class MemoryStore implements DeviceStore {
  #pair: CryptoKeyPair | null = null;

  load(): Promise<CryptoKeyPair | null> {
    return Promise.resolve(this.#pair);
  }

  keep(pair: CryptoKeyPair): Promise<CryptoKeyPair> {
    this.#pair ??= pair;
    return Promise.resolve(this.#pair);
  }
}

function newPair(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
}
