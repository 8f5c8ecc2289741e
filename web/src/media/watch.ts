/** Sees what has come to a standstill: a way on which nothing comes any more, though the other side sends all the time. */

/** So long nothing may come by a way that is there. */
export const STILL_MS = 5_000;
/** So long may pass before the other side has offered a way. */
export const UNOFFERED_MS = 10_000;
/** So long a way may take to come about; the browser itself tells sooner, but only once. */
export const SETTING_UP_MS = 30_000;
/** Between tries there are never more than so many of these times. */
const MOST_TIMES = 16;
/** So much of the time between two looks counts, at most: for longer than that the machine, or who looks, was asleep. */
const MOST_UNSEEN_MS = 1_000;

/** A way, or what takes its place, as it is seen in one look. */
export interface Seen {
  readonly stream: number;
  /** What carries the stream now; null where nothing has been offered. */
  readonly way: object | null;
  /** Whether it has come about. */
  readonly there: boolean;
  /** How much has come by it: never less, unless the way is another. */
  readonly moved: number;
}

interface Known extends Seen {
  /** In ms: when something came last, the way was changed, or it was tried anew. */
  readonly since: number;
  /** How often in vain since something came. */
  readonly tries: number;
}

/** A way that is to be made anew, and how often that was tried in vain before. */
export interface Still {
  readonly stream: number;
  readonly tries: number;
}

/** Looks at ways now and then. After each try that was in vain it waits twice as long, so that tries are never a storm. */
export class Watch {
  #known = new Map<number, Known>();
  #looked = 0;

  /**
   * Returns those that are to be made anew.
   *
   * @param ways on which something should come; what is known of others is forgotten.
   * @param now in ms, rising.
   */
  look(ways: readonly Seen[], now: number): Still[] {
    const unseen = Math.max(0, now - this.#looked - MOST_UNSEEN_MS);
    this.#looked = now;
    const known = ways.map((way) => after(this.#known.get(way.stream), way, now, unseen));
    const still = known.filter((one) => now - one.since >= patience(one));
    const next = known.map((one) => (still.includes(one) ? { ...one, since: now, tries: one.tries + 1 } : one));
    this.#known = new Map(next.map((one) => [one.stream, one]));
    return still.map(({ stream, tries }) => ({ stream, tries }));
  }
}

function after(before: Known | undefined, way: Seen, now: number, unseen: number): Known {
  if (before === undefined) return { ...way, since: now, tries: 0 };
  const same = before.way === way.way && before.there === way.there;
  if (before.way === way.way && way.moved > before.moved) return { ...way, since: now, tries: 0 };
  return { ...way, since: same ? before.since + unseen : now, tries: before.tries };
}

function patience({ way, there, tries }: Known): number {
  return Math.min(2 ** tries, MOST_TIMES) * (way === null ? UNOFFERED_MS : there ? STILL_MS : SETTING_UP_MS);
}
