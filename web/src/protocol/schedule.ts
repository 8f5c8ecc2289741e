/**
 * The keys of a speaker's stream.
 *
 * A speaker's browser draws a stream secret S of 32 bytes and seals it to the dealer (`hpke.ts`). From S follow, each by
 * `derive` with a label of its own, the mark key, and for every block of 1,024 positions a chain, from which follow the
 * keys of the two variants at each position. `src/earmark/call/schedule.py` is the dealer's half of the same.
 *
 * Only members go on from there: the frame secret mixes a position key with the epoch's secret, an exporter of the
 * members' own MLS group. So the dealer, who lacks the exporter, cannot hear; and a listener, who has the position key of
 * one variant, cannot hear the other.
 *
 * `tests/vectors/call.json` holds vectors for both.
 */

import { derive, type Bytes } from "../keys.ts";

/** Positions in a block, the stretch for which the dealer keeps a chain. */
export const BLOCK_POSITIONS = 1024;

/** Frames in a segment: 240 ms in frames of 20 ms. */
export const SEGMENT_FRAMES = 12;

/** Positions are written in four bytes. */
export const MOST_POSITIONS = 2 ** 32;

/** Bytes of a key check. */
export const CHECK_BYTES = 8;

/** Which of the two variants of a segment. */
export type Variant = 0 | 1;

/** What the members of the group share in one epoch. */
export interface Epoch {
  /** The epoch's number in the MLS group, 0 to 2⁵³ − 1. */
  readonly number: number;
  /** The exporter "earmark/1 call frames" of that epoch, 32 bytes. */
  readonly secret: Bytes;
}

/** Returns the key of the patterns by which a stream's variants differ, 32 bytes. */
export function markKey(streamSecret: Bytes): Promise<Bytes> {
  return derive(streamSecret, "earmark/1 call mark key");
}

/** Returns the chain of block 0, 32 bytes. */
export function firstChain(streamSecret: Bytes): Promise<Bytes> {
  return derive(streamSecret, "earmark/1 call chain");
}

/** Returns the chain of the block after the one whose chain is given. There is no way back. */
export function nextChain(chain: Bytes): Promise<Bytes> {
  return derive(chain, "earmark/1 call next chain");
}

/** Returns the key of one variant at a position of the stream, 32 bytes; `chain` is that of the position's block. */
export function positionKey(chain: Bytes, position: number, variant: Variant): Promise<Bytes> {
  const context = new Uint8Array(5);
  new DataView(context.buffer).setUint32(0, position);
  context[4] = variant;
  return derive(chain, "earmark/1 call position", context);
}

/** Returns the secret of the frames of one variant at one position in one epoch, 32 bytes. */
export function frameSecret(key: Bytes, epochSecret: Bytes): Promise<Bytes> {
  return derive(key, "earmark/1 call frame", epochSecret);
}

/**
 * Returns the key check of a frame secret, 8 bytes.
 *
 * AES-GCM does not commit to its key: a ciphertext can be made that opens under two keys, each time to another frame.
 * The check travels with the ciphertext, so that one ciphertext belongs to one key.
 */
export async function keyCheck(secret: Bytes): Promise<Bytes> {
  return (await derive(secret, "earmark/1 call key check")).slice(0, CHECK_BYTES);
}

/** The number by which SFrame knows the key of a variant at a position: 2 · position + variant. */
export function keyId(position: number, variant: Variant): number {
  return 2 * position + variant;
}

/**
 * A speaker's position keys, in order. Chains of blocks that are past are forgotten.
 */
export class PositionKeys {
  #block = 0;
  #chain: Promise<Bytes>;

  /** @param streamSecret 32 bytes. */
  constructor(streamSecret: Bytes) {
    this.#chain = firstChain(streamSecret);
  }

  /**
   * Returns the keys of both variants at a position.
   *
   * @throws RangeError where the position is of a block before one that was asked for already.
   */
  async at(position: number): Promise<[Bytes, Bytes]> {
    const chain = await this.#forward(Math.floor(position / BLOCK_POSITIONS));
    return Promise.all([positionKey(chain, position, 0), positionKey(chain, position, 1)]);
  }

  #forward(block: number): Promise<Bytes> {
    if (block < this.#block) throw new RangeError("the keys of that block are gone");
    for (; this.#block < block; this.#block++) this.#chain = this.#chain.then(nextChain);
    return this.#chain;
  }
}
