/** Whether keys come for what arrives: the server deals them out, a few minutes' worth at a time. */

import type { ReceivingCounts } from "./messages.ts";

/** For so long nothing but packets without a key may arrive before it is shown; keys may be a little late. */
export const KEYS_PATIENCE_MS = 2_000;

interface Seen {
  readonly heard: number;
  readonly missing: number;
  /** Since when nothing has been heard for want of keys; null while something is. */
  readonly since: number | null;
}

/** Looks at what has become of each stream's packets, now and then. */
export class KeyWatch {
  #seen = new Map<number, Seen>();

  /**
   * Returns the streams that arrive and cannot be heard for want of keys.
   *
   * @param counts of the streams that are to be heard; others are forgotten.
   * @param now in ms, rising.
   */
  look(counts: readonly ReceivingCounts[], now: number): Set<number> {
    this.#seen = new Map(counts.map((count) => [count.stream, after(this.#seen.get(count.stream), count, now)]));
    const late = [...this.#seen].filter(([, { since }]) => since !== null && now - since >= KEYS_PATIENCE_MS);
    return new Set(late.map(([stream]) => stream));
  }
}

function after(before: Seen | undefined, { opened, recovered, refused }: ReceivingCounts, now: number): Seen {
  const heard = Object.values(recovered).reduce((sum, some) => sum + some, opened);
  const missing = refused["no key"] ?? 0;
  if (before === undefined || heard > before.heard) return { heard, missing, since: null };
  return { heard, missing, since: missing > before.missing ? (before.since ?? now) : before.since };
}
