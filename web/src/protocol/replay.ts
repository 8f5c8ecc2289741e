/** Each place in a stream is heard once, and none from long before. */

/** How far behind the newest place a late one may be: 64 frames, 1.28 s. */
export const REPLAY_WINDOW = 64;

/** A sliding window over places, as in RFC 4303, section 3.4.3. */
export class ReplayWindow {
  readonly #recent = new Set<number>();
  #newest = -1;

  /** Tells whether a place may still be accepted. */
  allows(place: number): boolean {
    return place > this.#newest - REPLAY_WINDOW && !this.#recent.has(place);
  }

  /** Accepts a place; false where it may not be. To be called for what is authentic only. */
  accept(place: number): boolean {
    if (!this.allows(place)) return false;
    this.#recent.add(place);
    this.#newest = Math.max(this.#newest, place);
    for (const old of this.#recent) if (old <= this.#newest - REPLAY_WINDOW) this.#recent.delete(old);
    return true;
  }
}
