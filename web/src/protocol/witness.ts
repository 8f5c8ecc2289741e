/**
 * What was heard of a stream lately, to be told of when it is asked for: so it is found whether the stream can be traced.
 *
 * A frame is told of by a tag, which only members could compute, and which says nothing but whether two listeners have
 * heard the same. `earmark.call.doubts` compares them.
 */

import { derive, type Bytes } from "../keys.ts";
import { concat, equal } from "./bytes.ts";
import type { Head } from "./packet.ts";
import { SEGMENT_FRAMES, type Epoch, type Variant } from "./schedule.ts";

/** Bytes of a tag. */
export const FRAME_TAG_BYTES = 8;
/** For so many positions it is remembered what was heard. */
export const REMEMBERED = 80;

/** An encoder that is fed with silence repeats itself within so many frames. */
const REPEATED = 12;

/** What was heard at one position. */
export interface Sampled {
  /** The newest position that was heard; null where none was. */
  readonly newest: number | null;
  /** Of every frame its tag; empty where what came could not be opened, null where nothing came. */
  readonly frames: readonly (Bytes | null)[];
}

/** What is said of a stream of which nothing was heard. */
export const NOTHING_SAMPLED: Sampled = { newest: null, frames: Array<null>(SEGMENT_FRAMES).fill(null) };

interface Heard {
  readonly epoch: number;
  /** 0, or, where the frame repeats one before it, 1 + its variant. */
  readonly kind: number;
  readonly opus: Bytes;
}

/** Remembers the frames of one stream. */
export class Witness {
  readonly #stream: number;
  readonly #heard = new Map<number, Heard[]>();
  readonly #refused = new Map<number, true[]>();
  readonly #last: Bytes[] = [];
  #newest: number | null = null;

  constructor(stream: number) {
    this.#stream = stream;
  }

  /** A frame was opened. */
  opened({ epoch, position, frame }: Head, variant: Variant, opus: Bytes): void {
    const repeated = this.#last.some((before) => equal(before, opus));
    this.#last.push(opus);
    if (this.#last.length > REPEATED) this.#last.shift();
    framesAt(this.#heard, position)[frame] = { epoch, kind: repeated ? 1 + variant : 0, opus };
    this.#newest = Math.max(this.#newest ?? 0, position);
  }

  /**
   * A frame came for which there are keys, and could not be opened by them. It is forgotten for others of its kind, never
   * for one that was heard; and what says that it is of times to come is not believed.
   */
  refused({ position, frame }: Head): void {
    if (this.#newest !== null && position > this.#newest + REMEMBERED) return;
    framesAt(this.#refused, position)[frame] = true;
  }

  /** Tells what was heard at a position; frames of epochs that are not among `epochs` count as not heard. */
  async sample(position: number, epochs: readonly Epoch[]): Promise<Sampled> {
    const [heard, refused] = [this.#heard.get(position) ?? [], this.#refused.get(position) ?? []];
    const tag = async (frame: number): Promise<Bytes | null> => {
      const one = heard[frame];
      if (one === undefined) return refused[frame] === undefined ? null : new Uint8Array();
      const epoch = epochs.find(({ number }) => number === one.epoch);
      return epoch === undefined ? null : frameTag(epoch.secret, this.#stream, position, frame, one.kind, one.opus);
    };
    return { newest: this.#newest, frames: await Promise.all(NOTHING_SAMPLED.frames.map((_, frame) => tag(frame))) };
  }
}

/** Returns what is known of the frames of a position; of too many positions, the earliest is forgotten. */
function framesAt<T>(positions: Map<number, T[]>, position: number): T[] {
  const known = positions.get(position) ?? [];
  positions.set(position, known);
  while (positions.size > REMEMBERED) positions.delete(Math.min(...positions.keys()));
  return known;
}

/**
 * Returns the tag of a frame, 8 bytes: equal for the same frame at the same place in the same epoch, and for no other.
 *
 * @param epochSecret the exporter of the epoch that the frame was sealed in, 32 bytes.
 * @param kind 0, or 1 + its variant where the frame repeats one shortly before it.
 */
export async function frameTag(
  epochSecret: Bytes,
  stream: number,
  position: number,
  frame: number,
  kind: number,
  opus: Bytes,
): Promise<Bytes> {
  const place = new Uint8Array(8);
  const view = new DataView(place.buffer);
  view.setUint16(0, stream);
  view.setUint32(2, position);
  view.setUint8(6, frame);
  view.setUint8(7, kind);
  const key = await derive(epochSecret, "earmark/1 call frame tags");
  return (await derive(key, "earmark/1 call frame tag", concat(place, opus))).slice(0, FRAME_TAG_BYTES);
}
