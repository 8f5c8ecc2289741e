/** The speaker's end of a stream: both variants of a frame go in, one packet comes out, with copies of earlier frames. */

import type { Bytes } from "../keys.ts";
import { SealingError } from "./errors.ts";
import { frameKey, sealHalf, type FrameKey } from "./framekeys.ts";
import { copyBytes, HEAD_BYTES, MAX_OPUS_BYTES, MAX_PACKET_BYTES, OLDEST_COPY, pack, placeOf } from "./packet.ts";
import type { Copy, Half, Head } from "./packet.ts";
import { MOST_POSITIONS, PositionKeys, SEGMENT_FRAMES, type Epoch } from "./schedule.ts";

/** One Opus frame of 20 ms for each variant. */
export type Variants = readonly [Bytes, Bytes];

type Both<T> = [T, T];

/**
 * Seals the frames of one stream.
 *
 * A frame's place, its position and its number in the segment, is used once at most, whatever the epoch: that is what
 * AES-GCM asks for. Keys of the next position are derived while those of this one are in use.
 */
export class Sealer {
  readonly stream: number;
  readonly #positions: PositionKeys;
  /** Position keys of the last, the current and the next position: a new epoch needs them again. */
  readonly #positionKeys = new Map<number, Promise<Both<Bytes>>>();
  /** Frame keys of the same, in the current epoch. */
  readonly #frameKeys = new Map<number, Promise<Both<FrameKey>>>();
  /** Frames of late, by their places. */
  readonly #recent = new Map<number, Variants>();
  #epoch: Epoch | null = null;
  #next = 0;

  /**
   * @param stream the number the server gave this stream.
   * @param secret the stream secret, 32 bytes.
   */
  constructor(stream: number, secret: Bytes) {
    this.stream = stream;
    this.#positions = new PositionKeys(secret);
  }

  /** Seals what follows for another epoch of the group. */
  setEpoch(epoch: Epoch): void {
    this.#epoch = epoch;
    this.#frameKeys.clear();
  }

  /**
   * Returns the packet of one frame.
   *
   * @param position which segment of the stream, rising.
   * @param frame which frame of the segment, 0 to 11, rising within a position. Frames may be left out.
   * @param ages which earlier frames are copied into the packet, so many frames before each, 1 to 12, rising. Those
   *   that were left out, or do not fit, are not.
   * @throws {@link SealingError} the place is not after the one before, an Opus frame is empty or has more than 400
   *   bytes, or no epoch was set.
   */
  async seal(position: number, frame: number, variants: Variants, ages: readonly number[] = []): Promise<Bytes> {
    const epoch = this.#epoch;
    if (epoch === null) throw new SealingError("there are no keys of the group yet");
    variants.forEach(checkLength);
    this.#advance(position, frame);
    const head: Head = { stream: this.stream, epoch: epoch.number, position, frame };
    const chosen = this.#fitting(placeOf(head), variants, ages);
    this.#remember(placeOf(head), variants);
    const keys = await this.#keysAt(position, epoch);
    const [halves, ...copies] = await Promise.all([
      sealed(keys, head, variants, 0),
      ...chosen.map(({ age, variants: earlier }) => this.#copy(head, epoch, age, earlier)),
    ]);
    return pack({ ...head, halves, copies });
  }

  /** Returns the earlier frames that are there, as long as all fit into a packet. */
  #fitting(place: number, variants: Variants, ages: readonly number[]): { age: number; variants: Variants }[] {
    let bytes = HEAD_BYTES + copyBytes(variants[0].length, variants[1].length);
    return ages.flatMap((age) => {
      const earlier = this.#recent.get(place - age);
      if (earlier === undefined) return [];
      bytes += copyBytes(earlier[0].length, earlier[1].length);
      return bytes > MAX_PACKET_BYTES ? [] : [{ age, variants: earlier }];
    });
  }

  #remember(place: number, variants: Variants): void {
    this.#recent.set(place, variants);
    forgetBefore(this.#recent, place - OLDEST_COPY + 1);
  }

  async #copy(head: Head, epoch: Epoch, age: number, variants: Variants): Promise<Copy> {
    const position = Math.floor((placeOf(head) - age) / SEGMENT_FRAMES);
    return { age, halves: await sealed(await this.#frameKeysAt(position, epoch), head, variants, age) };
  }

  /** Takes a place in the stream, once and for all. */
  #advance(position: number, frame: number): void {
    if (!isCount(position, MOST_POSITIONS) || !isCount(frame, SEGMENT_FRAMES)) {
      throw new SealingError("there is no such place in a stream");
    }
    const place = position * SEGMENT_FRAMES + frame;
    if (place < this.#next) throw new SealingError("frames are sealed in order, each once");
    this.#next = place + 1;
  }

  #keysAt(position: number, epoch: Epoch): Promise<Both<FrameKey>> {
    forgetBefore(this.#positionKeys, position - 1);
    forgetBefore(this.#frameKeys, position - 1);
    const keys = this.#frameKeysAt(position, epoch);
    if (position + 1 < MOST_POSITIONS) void this.#frameKeysAt(position + 1, epoch);
    return keys;
  }

  #frameKeysAt(position: number, epoch: Epoch): Promise<Both<FrameKey>> {
    const derive = (): Promise<Both<FrameKey>> => this.#deriveFrameKeys(position, epoch);
    return remembered(this.#frameKeys, position, derive);
  }

  async #deriveFrameKeys(position: number, epoch: Epoch): Promise<Both<FrameKey>> {
    const keys = await remembered(this.#positionKeys, position, () => this.#positions.at(position));
    return Promise.all([frameKey(keys[0], epoch.secret, position, 0), frameKey(keys[1], epoch.secret, position, 1)]);
  }
}

async function sealed(keys: Both<FrameKey>, head: Head, variants: Variants, age: number): Promise<[Half, Half]> {
  return Promise.all([sealHalf(keys[0], head, variants[0], age), sealHalf(keys[1], head, variants[1], age)]);
}

function checkLength(opus: Bytes): void {
  if (opus.length < 1 || opus.length > MAX_OPUS_BYTES) {
    throw new SealingError(`an Opus frame has 1 to ${MAX_OPUS_BYTES} bytes, not ${opus.length}`);
  }
}

function isCount(value: number, end: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < end;
}

/** Returns what a map holds under `key`, made now where it holds nothing. */
function remembered<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function forgetBefore(map: Map<number, unknown>, position: number): void {
  for (const key of map.keys()) if (key < position) map.delete(key);
}
