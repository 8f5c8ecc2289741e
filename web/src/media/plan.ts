/** Which frames of a stream are sent twice or thrice, by what its listeners miss. */

import type { Loss } from "../protocol/index.ts";

/** Which earlier frames are copied into a packet: so many frames before its own. */
export type Plan = readonly number[];

/** Nothing is lost: about 120 kb/s on the wire. */
export const CALM: Plan = [];
/**
 * Packets are lost: about 300 kb/s. The near copy mends single losses at little delay, the far one bursts of 200 ms; the
 * listener's browser waits for it only while that is worth it.
 */
export const LOSSY: Plan = [2, 11];
/** Most listeners lose so much that there is no room for what is sent: copies would only take more of it. */
export const CROWDED: Plan = [];

const SOME_PERCENT = 1;
const MUCH_PERCENT = 12;
const HOLD_MS = 20_000;
const LONGEST_HOLD_MS = 320_000;

/** Chooses plans: a more careful one at once, a less careful one after a while, and a longer one each time it was too early. */
export class Planner {
  private plan: Plan = CALM;
  private loss: Loss = { most: 0, middle: 0 };
  private hold = HOLD_MS;
  private betterSince: number | null = null;

  /** Takes what listeners miss, until they say otherwise. */
  lost(loss: Loss): void {
    this.loss = loss;
  }

  /**
   * Returns the plan for what is sent now.
   *
   * @param now in ms, rising.
   */
  at(now: number): Plan {
    const fits = fitting(this.loss);
    const more = care(fits) - care(this.plan);
    this.betterSince = more < 0 ? (this.betterSince ?? now) : null;
    const better = this.betterSince !== null && now - this.betterSince >= this.hold;
    if (more > 0 || better) this.change(fits);
    return this.plan;
  }

  private change(plan: Plan): void {
    if (plan === CROWDED) this.hold = Math.min(2 * this.hold, LONGEST_HOLD_MS);
    this.plan = plan;
    this.betterSince = null;
  }
}

function fitting({ most, middle }: Loss): Plan {
  if (middle >= MUCH_PERCENT) return CROWDED;
  return most >= SOME_PERCENT ? LOSSY : CALM;
}

function care(plan: Plan): number {
  return [CALM, LOSSY, CROWDED].indexOf(plan);
}
