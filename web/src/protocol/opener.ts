/** The listener's end of a stream: packets go in, and Opus frames of the listener's own variant come out, or nothing. */

import type { Bytes } from "../keys.ts";
import { equal } from "./bytes.ts";
import { MessageError, PacketError } from "./errors.ts";
import { frameKey, openHalf, type FrameKey } from "./framekeys.ts";
import { placeOf, unpack, type Copy, type Head, type Packet } from "./packet.ts";
import { ReplayWindow, REPLAY_WINDOW } from "./replay.ts";
import { BLOCK_POSITIONS, MOST_POSITIONS, SEGMENT_FRAMES, type Epoch, type Variant } from "./schedule.ts";
import { Witness, type Sampled } from "./witness.ts";

/** Position keys dealt to a listener: those of positions `first`, `first + 1`, …, one variant each. */
export interface DealtKeys {
  readonly first: number;
  /** Which variant, one bit a position, most significant first. */
  readonly bits: Uint8Array;
  /** 32 bytes a position. */
  readonly keys: Uint8Array;
}

/**
 * Why a packet gave no frame: it is no packet; of another stream; of a position without a key, of an epoch without
 * one; heard before or long past; sealed under another key; changed on the way.
 */
export type Refusal = "malformed" | "stream" | "no key" | "no epoch" | "replayed" | "key check" | "forged";

/** What became of a packet. */
export type Outcome =
  { readonly opus: Bytes; readonly head: Head } | { readonly opus: null; readonly refusal: Refusal };

/** A frame whose own packet has not come, out of a later one. */
export interface Recovered {
  /** How many frames before that packet's own it belongs. */
  readonly age: number;
  readonly opus: Bytes;
}

interface PositionKey {
  readonly variant: Variant;
  readonly key: Bytes;
}

const KEY_BYTES = 32;
const EPOCHS = 2;
const CACHED = 16;
/** Positions behind the newest one whose keys are kept: what the replay window may still let in, and one more. */
const KEPT = Math.ceil(REPLAY_WINDOW / SEGMENT_FRAMES) + 1;
/** So many positions' keys are kept at most, those that were dealt last. The dealer is not believed to stop by itself. */
const MOST_DEALT = 8 * BLOCK_POSITIONS;

/**
 * Opens the frames of one stream.
 *
 * Keys are those of the current and the previous epoch, and of the positions dealt. What was heard is not heard again.
 */
export class Opener {
  readonly stream: number;
  readonly #window = new ReplayWindow();
  readonly #witness: Witness;
  readonly #dealt = new Map<number, PositionKey>();
  readonly #cache = new Map<string, Promise<FrameKey>>();
  readonly #refusals = new Map<Refusal, number>();
  readonly #recovered = new Map<number, number>();
  #epochs: readonly Epoch[] = [];
  #newest = 0;
  #opened = 0;

  /** @param stream the number the server gave this stream. */
  constructor(stream: number) {
    this.stream = stream;
    this.#witness = new Witness(stream);
  }

  /** Takes the keys of an epoch of the group; the two taken last are kept. */
  setEpoch(epoch: Epoch): void {
    this.#epochs = [epoch, ...this.#epochs.filter(({ number }) => number !== epoch.number)].slice(0, EPOCHS);
    this.#cache.clear();
  }

  /**
   * Takes position keys from the dealer.
   *
   * @throws {@link MessageError} the numbers of bits and keys differ, or the positions are not in a stream.
   */
  addKeys({ first, bits, keys }: DealtKeys): void {
    const count = keys.length / KEY_BYTES;
    const fits = Number.isInteger(count) && bits.length === Math.ceil(count / 8);
    if (!fits || !Number.isInteger(first) || first < 0 || first + count > MOST_POSITIONS) {
      throw new MessageError("the dealer's keys make no sense");
    }
    for (let i = 0; i < count; i++) {
      const variant = ((bits[i >> 3]! >> (7 - (i & 7))) & 1) as Variant;
      this.#deal(first + i, { variant, key: keys.slice(i * KEY_BYTES, (i + 1) * KEY_BYTES) });
    }
  }

  /** Returns the Opus frame that a packet holds for this listener; null where it holds none. Never throws. */
  async open(packet: Bytes): Promise<Bytes | null> {
    return (await this.tryOpen(packet)).opus;
  }

  /** Does what `open` does, and tells where the frame belongs, or why there is none. */
  async tryOpen(packet: Bytes): Promise<Outcome> {
    const outcome = await this.#examine(packet);
    if (outcome.opus !== null) this.#opened++;
    else this.#refusals.set(outcome.refusal, (this.#refusals.get(outcome.refusal) ?? 0) + 1);
    return outcome;
  }

  /** Tells what was heard at a position; see `Witness`. */
  sample(position: number): Promise<Sampled> {
    return this.#witness.sample(position, this.#epochs);
  }

  /**
   * Returns earlier frames, the oldest first, of which a packet holds copies and that have not been heard. Those of the
   * listener's own variant only, each once. Never throws.
   */
  async recover(bytes: Bytes): Promise<Recovered[]> {
    const packet = parse(bytes);
    if (packet?.stream !== this.stream) return [];
    const found = await Promise.all(packet.copies.map((copy) => this.#recover(packet, copy)));
    const heard = found.filter((one) => one !== null).reverse();
    for (const { age } of heard) this.#recovered.set(age, (this.#recovered.get(age) ?? 0) + 1);
    return heard;
  }

  /** How many frames were recovered from later packets: by how many frames later those were. */
  get recovered(): ReadonlyMap<number, number> {
    return this.#recovered;
  }

  /** How many packets gave a frame. */
  get opened(): number {
    return this.#opened;
  }

  /** How many did not, and why. */
  get refusals(): ReadonlyMap<Refusal, number> {
    return this.#refusals;
  }

  /** The last position for which there is a key; −1 where there is none. */
  get keysUntil(): number {
    let last = -1;
    for (const position of this.#dealt.keys()) last = Math.max(last, position);
    return last;
  }

  #deal(position: number, key: PositionKey): void {
    if (position >= this.#newest - KEPT && !this.#dealt.has(position)) this.#dealt.set(position, key);
    const [first] = this.#dealt.keys();
    if (this.#dealt.size > MOST_DEALT) this.#dealt.delete(first!);
  }

  async #examine(bytes: Bytes): Promise<Outcome> {
    const packet = parse(bytes);
    if (packet === null) return refused("malformed");
    if (packet.stream !== this.stream) return refused("stream");
    if (!this.#window.allows(placeOf(packet))) return refused("replayed");
    const dealt = this.#dealt.get(packet.position);
    if (dealt === undefined) return refused("no key");
    const epoch = this.#epochs.find(({ number }) => number === packet.epoch);
    if (epoch === undefined) return refused("no epoch");
    return this.#unseal(packet, dealt.variant, await this.#frameKey(packet.position, dealt, epoch));
  }

  async #recover(packet: Packet, { age, halves }: Copy): Promise<Recovered | null> {
    const place = placeOf(packet) - age;
    const position = Math.floor(place / SEGMENT_FRAMES);
    const dealt = this.#dealt.get(position);
    const epoch = this.#epochs.find(({ number }) => number === packet.epoch);
    if (dealt === undefined || epoch === undefined || !this.#window.allows(place)) return null;
    const key = await this.#frameKey(position, dealt, epoch);
    const half = halves[dealt.variant];
    const opus = equal(half.check, key.check) ? await openHalf(key, packet, half, age) : null;
    if (opus === null || !this.#window.accept(place)) return null;
    this.#witness.opened({ ...packet, position, frame: place % SEGMENT_FRAMES }, dealt.variant, opus);
    return { age, opus };
  }

  async #unseal(packet: Packet, variant: Variant, key: FrameKey): Promise<Outcome> {
    const half = packet.halves[variant];
    if (!equal(half.check, key.check)) return this.#unopened(packet, "key check");
    const opus = await openHalf(key, packet, half);
    if (opus === null) return this.#unopened(packet, "forged");
    if (!this.#window.accept(placeOf(packet))) return refused("replayed");
    this.#advance(packet.position);
    const { stream, epoch, position, frame } = packet;
    this.#witness.opened(packet, variant, opus);
    return { opus, head: { stream, epoch, position, frame } };
  }

  #unopened(head: Head, refusal: Refusal): Outcome {
    this.#witness.refused(head);
    return refused(refusal);
  }

  #frameKey(position: number, { key, variant }: PositionKey, epoch: Epoch): Promise<FrameKey> {
    const name = `${epoch.number}/${position}`;
    const known = this.#cache.get(name);
    if (known !== undefined) return known;
    const made = frameKey(key, epoch.secret, position, variant);
    this.#cache.set(name, made);
    for (const old of this.#cache.keys()) if (this.#cache.size > CACHED) this.#cache.delete(old);
    return made;
  }

  /** Derives the key of the position after the newest, and forgets what is long past. */
  #advance(position: number): void {
    if (position < this.#newest) return;
    this.#newest = position;
    for (const old of this.#dealt.keys()) if (old < position - KEPT) this.#dealt.delete(old);
    const next = this.#dealt.get(position + 1);
    const epoch = this.#epochs[0];
    if (next !== undefined && epoch !== undefined) void this.#frameKey(position + 1, next, epoch);
  }
}

function refused(refusal: Refusal): Outcome {
  return { opus: null, refusal };
}

function parse(bytes: Bytes): Packet | null {
  try {
    return unpack(bytes);
  } catch (error) {
    if (error instanceof PacketError) return null;
    throw error;
  }
}
