/** How much sound is kept back before it is played, so that copies of lost frames come in time. */

import type { ReceivingCounts } from "./messages.ts";

/**
 * So much is kept back at least. A worker that marks, seals and opens is late now and then by some 20 ms, which browsers
 * do not foresee: they would make up what is missing.
 */
export const CUSHION_MS = 40;

const FRAME_MS = 20;
/** Sound may come so much later for each frame of a hundred that is heard and not made up. */
const WORTH_MS = 60;
/** How many looks back are counted together. */
const LOOKS = 3;

type Seen = Pick<ReceivingCounts, "opened" | "recovered">;

/** Weighs sound that comes late against sound that is made up, by what a stream has lost lately. */
export class Patience {
  private seen: readonly Seen[] = [];

  /**
   * Looks at what has come of a stream so far, every few seconds.
   *
   * @returns how much of it to keep back from now on, in ms.
   */
  look(now: Seen): number {
    this.seen = [...this.seen, now].slice(-LOOKS - 1);
    return CUSHION_MS + FRAME_MS * worthwhile(since(this.seen[0]!, now));
  }
}

function since(before: Seen, now: Seen): Seen {
  const recovered = Object.entries(now.recovered).map(([age, count]) => [
    age,
    count - (before.recovered[Number(age)] ?? 0),
  ]);
  return { opened: now.opened - before.opened, recovered: Object.fromEntries(recovered) as Record<number, number> };
}

/** Returns the age of the copies that are worth waiting for; 0 where none are. */
function worthwhile({ opened, recovered }: Seen): number {
  const copies = Object.entries(recovered).map(([age, count]) => ({ age: Number(age), count }));
  const all = opened + sum(copies.map(({ count }) => count));
  const cost = (age: number): number => {
    const missed = sum(copies.filter((copy) => copy.age > age).map(({ count }) => count));
    return FRAME_MS * age + (WORTH_MS * 100 * missed) / Math.max(1, all);
  };
  const ages = [0, ...copies.map(({ age }) => age)];
  return ages.reduce((best, age) => (cost(age) < cost(best) ? age : best));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
