/** A listener's end of all streams of a call: what a worker holds that gets the packets of every speaker. */

import type { Bytes } from "../keys.ts";
import { Opener, type DealtKeys, type Outcome } from "./opener.ts";
import { streamOf } from "./packet.ts";
import type { Epoch } from "./schedule.ts";
import { NOTHING_SAMPLED, type Sampled } from "./witness.ts";

/** Opens frames of the streams for which keys have come, under the epochs of one group. */
export class Openers {
  readonly #openers = new Map<number, Opener>();
  readonly #over = new Set<number>();
  #epochs: readonly Epoch[] = [];

  /** Takes the keys of an epoch of the group, for all streams; the two taken last are kept. */
  setEpoch(epoch: Epoch): void {
    this.#epochs = [...this.#epochs.filter(({ number }) => number !== epoch.number), epoch].slice(-2);
    for (const opener of this.#openers.values()) opener.setEpoch(epoch);
  }

  /** Takes position keys of one stream, unless that is over; throws where `Opener.addKeys` does. */
  addKeys(stream: number, keys: DealtKeys): void {
    if (!this.#over.has(stream)) this.#opener(stream).addKeys(keys);
  }

  /** Returns what opens a stream, for its counts; undefined before there are keys, and when the stream is over. */
  of(stream: number): Opener | undefined {
    return this.#openers.get(stream);
  }

  /** Forgets a stream that is over. Its number is never used again: what was heard of it cannot be played once more. */
  drop(stream: number): void {
    this.#openers.delete(stream);
    this.#over.add(stream);
  }

  /** Returns what a packet holds, and where it belongs; see `Opener.tryOpen`. Never throws. */
  async open(packet: Bytes): Promise<Outcome> {
    const stream = streamOf(packet);
    const opener = stream === null ? undefined : this.#openers.get(stream);
    return opener?.tryOpen(packet) ?? { opus: null, refusal: stream === null ? "malformed" : "stream" };
  }

  /** Tells what was heard of a stream at a position; nothing where the stream is over. */
  async sample(stream: number, position: number): Promise<Sampled> {
    return (await this.#openers.get(stream)?.sample(position)) ?? NOTHING_SAMPLED;
  }

  #opener(stream: number): Opener {
    const known = this.#openers.get(stream);
    if (known !== undefined) return known;
    const opener = new Opener(stream);
    this.#openers.set(stream, opener);
    for (const epoch of this.#epochs) opener.setEpoch(epoch);
    return opener;
  }
}
