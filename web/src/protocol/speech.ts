/**
 * Pieces of what a speaker says, sealed for the vault, if the speaker wants that; `earmark.records.calls.pieces` opens
 * them.
 *
 * They are sealed to a key that only the opened vault has the other half of, and signed by the speaker's device.
 */

import type { Bytes } from "../keys.ts";
import { concat, copy, utf8 } from "./bytes.ts";
import type { Device } from "./device.ts";
import { SealingError } from "./errors.ts";
import { sealTo } from "./hpke.ts";
import { MAX_OPUS_BYTES } from "./packet.ts";
import { MOST_POSITIONS, SEGMENT_FRAMES } from "./schedule.ts";

const VERSION = 1;
const SEAL_LABEL = "earmark/1 call speech";
const SIGN_LABEL = "earmark/1 call speech piece";

/** Consecutive frames of a stream, unmarked. */
export interface Spoken {
  readonly stream: number;
  /** Where the first of them is. */
  readonly position: number;
  readonly frame: number;
  /** Opus frames of 20 ms; null where there is none. */
  readonly frames: readonly (Bytes | null)[];
}

/** A piece as the vault keeps it. */
export interface SealedPiece {
  readonly stream: number;
  /** Of the piece in the stream, from 0. */
  readonly number: number;
  readonly sealed: Bytes;
  /** Ed25519, by the device; 64 bytes. */
  readonly signature: Bytes;
}

/** Which piece it is. */
export interface PieceName {
  readonly call: string;
  readonly speaker: string;
  readonly stream: number;
  readonly number: number;
}

/** Seals the pieces of one stream, numbered in the order in which they come. */
export class SpeechSealer {
  #next: number;

  /**
   * @param key of the vault's for this stream, X25519, 32 bytes.
   * @param next the number of the next piece.
   */
  constructor(
    private readonly device: Device,
    private readonly key: Bytes,
    private readonly of: Omit<PieceName, "number">,
    next: number,
  ) {
    this.#next = next;
  }

  get stream(): number {
    return this.of.stream;
  }

  async seal(spoken: Spoken): Promise<SealedPiece> {
    const name = { ...this.of, number: this.#next++ };
    const sealed = await sealTo(this.key, packSpoken(spoken), named(SEAL_LABEL, name));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", sealed));
    const signature = await this.device.sign(concat(named(SIGN_LABEL, name), [0], digest));
    return { stream: name.stream, number: name.number, sealed, signature };
  }
}

/**
 * Returns the plain bytes of a piece.
 *
 * @throws {@link SealingError} there is no such place, or a frame is too long.
 */
export function packSpoken({ position, frame, frames }: Spoken): Bytes {
  if (position < 0 || position >= MOST_POSITIONS || frame < 0 || frame >= SEGMENT_FRAMES) {
    throw new SealingError("there is no such place in a stream");
  }
  const head = new DataView(new ArrayBuffer(6));
  head.setUint8(0, VERSION);
  head.setUint32(1, position);
  head.setUint8(5, frame);
  return concat(new Uint8Array(head.buffer), ...frames.flatMap(packFrame));
}

function packFrame(opus: Bytes | null): ArrayLike<number>[] {
  const length = opus?.length ?? 0;
  if (length > MAX_OPUS_BYTES) throw new SealingError(`an Opus frame has at most ${MAX_OPUS_BYTES} bytes`);
  return [[length >> 8, length & 255], opus ?? []];
}

/** Returns a label and which piece it is about, with zeros between them. */
function named(label: string, { call, speaker, stream, number }: PieceName): Bytes {
  return copy(utf8([label, call, speaker, stream, number].join("\0")));
}
