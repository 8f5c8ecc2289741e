/**
 * Keyed, labelled derivation, as in `src/earmark/keys.py`: HKDF-SHA256 and AES-256 in counter mode, both by WebCrypto.
 *
 * `tests/vectors/keys.json` holds the vectors that both implementations meet.
 */

export type Bytes = Uint8Array<ArrayBuffer>;

export const SECRET_BYTES = 32;
export const BLOCK_BYTES = 16;

/**
 * Returns the 32-byte key that `label` names under `secret`: HKDF-SHA256(secret, salt = context, info = label).
 *
 * @param secret 32 bytes; anything else is a RangeError.
 * @param label what the key is for, with a version; ASCII.
 * @param context what else the key is bound to; empty for nothing.
 */
export async function derive(secret: Bytes, label: string, context: Bytes = new Uint8Array()): Promise<Bytes> {
  if (secret.length !== SECRET_BYTES) {
    throw new RangeError(`a secret has ${SECRET_BYTES} bytes, not ${secret.length}`);
  }
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: context, info: new TextEncoder().encode(label) };
  return new Uint8Array(await crypto.subtle.deriveBits(hkdf, key, 8 * SECRET_BYTES));
}

/**
 * Returns `16 * blocks` bytes of the AES-256-CTR keystream of `key`, from block `firstBlock` on.
 *
 * The counter block is the block number as a 128-bit big-endian integer.
 */
export async function keystream(key: Bytes, firstBlock: number | bigint, blocks: number): Promise<Bytes> {
  const counter = new Uint8Array(BLOCK_BYTES);
  new DataView(counter.buffer).setBigUint64(0, BigInt(firstBlock) >> 64n);
  new DataView(counter.buffer).setBigUint64(8, BigInt.asUintN(64, BigInt(firstBlock)));
  const aes = await crypto.subtle.importKey("raw", key, "AES-CTR", false, ["encrypt"]);
  const zeros = new Uint8Array(BLOCK_BYTES * blocks);
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CTR", counter, length: 128 }, aes, zeros));
}
