/** Keys, frames and streams for tests; all follow from names, so that a failing test fails again. */

import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";

import type { Bytes } from "../../src/keys.ts";
import { concat, utf8 } from "../../src/protocol/bytes.ts";
import { PositionKeys, type Epoch, type Variant } from "../../src/protocol/schedule.ts";

/** Returns bytes that stand for a secret or a frame: SHA-256 of a name and a counter. */
export function sample(name: string, length = 32): Bytes {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => sha256(utf8(`${name}/${i}`)));
  return concat(...blocks).slice(0, length);
}

/** Returns an epoch with a secret of its own. */
export function epoch(number: number, group = "group"): Epoch {
  return { number, secret: sample(`${group} epoch ${number}`) };
}

/** Returns what the dealer sends a listener whose codeword has `bits` at positions `first` and on. */
export async function dealt(secret: Bytes, first: number, bits: readonly Variant[]) {
  const positions = new PositionKeys(secret);
  const keys: Bytes[] = [];
  const packed = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [i, bit] of bits.entries()) {
    keys.push((await positions.at(first + i))[bit]);
    packed[i >> 3]! |= bit << (7 - (i & 7));
  }
  return { first, bits: packed, keys: concat(...keys) };
}

/** Any bytes, in a buffer of their own. */
export const anyBytes = (maxLength: number, minLength = 0): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ minLength, maxLength }).map((bytes) => new Uint8Array(bytes));
