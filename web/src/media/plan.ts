/** How much of a stream is sent, by what its listeners miss. */

import type { Loss } from "../protocol/index.ts";

export interface Plan {
  /** Which earlier frames are copied into a packet: so many frames before its own. */
  readonly copies: readonly number[];
  /** Of each variant, in bits a second. */
  readonly bitRate: number;
}

/** Nothing is lost: about 120 kb/s on the wire. */
export const CALM: Plan = { copies: [], bitRate: 32_000 };
/**
 * Packets are lost: about 300 kb/s. The near copy mends single losses at little delay, the far one bursts of 200 ms;
 * listeners wait for it only while that is worth it (see `Patience`).
 */
export const LOSSY: Plan = { copies: [2, 11], bitRate: 32_000 };
/** There is not even room for what is sent once: about 88 kb/s. */
export const CROWDED: Plan = { copies: [], bitRate: 16_000 };

const SOME_PERCENT = 1;
/** Who loses a tenth of all packets by chance hardly ever loses so many within the few seconds of a report. */
const MUCH_PERCENT = 20;
/** There is no room for more yet where so many are lost. */
const FULL_PERCENT = 10;
/** There was no room for more after all where so many are lost with it. */
const TOO_SOON_PERCENT = 5;
/** Two copies hardly mend anything where so many are lost. */
const HOPELESS_PERCENT = 60;
/** Copies are to blame for what is lost if less than half of it is lost without them: they are more than half of all. */
const BLAMELESS = 0.5;
/** Time enough for listeners to tell what they lose without copies. */
const TRIAL_MS = 12_000;
const HOLD_MS = 20_000;
const LONGEST_HOLD_MS = 320_000;

/**
 * Chooses plans: copies at once where anything is lost, and none any more a while after nothing is.
 *
 * Where much is lost, it is tried whether less is when less is sent. If so, it stays at that until there seems to be room,
 * a longer time after each trial.
 */
export class Planner {
  private plan: Plan = CALM;
  private loss: Loss = { most: 0, middle: 0 };
  private hold = HOLD_MS;
  private better: number | null = null;
  private gaveUp = { at: 0, loss: 0 };
  private bearable = MUCH_PERCENT;
  private returning = false;

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
    const { most, middle } = this.loss;
    if (this.plan === CROWDED) this.tryAgain(now);
    else if (this.plan === LOSSY && middle >= this.bearable) this.giveUp(now);
    else if (this.returning && middle >= TOO_SOON_PERCENT) this.giveUp(now);
    else if (most >= SOME_PERCENT) this.change(LOSSY);
    else if (this.lasts(this.plan === LOSSY, now)) this.calm();
    return this.plan;
  }

  private giveUp(now: number): void {
    this.gaveUp = { at: now, loss: this.loss.middle };
    this.change(CROWDED);
  }

  private tryAgain(now: number): void {
    const { middle } = this.loss;
    const tried = now - this.gaveUp.at >= TRIAL_MS && this.gaveUp.loss < HOPELESS_PERCENT;
    if (tried && middle >= BLAMELESS * this.gaveUp.loss) {
      this.bearable = Math.min(HOPELESS_PERCENT, Math.max(MUCH_PERCENT, middle / BLAMELESS));
      this.change(LOSSY);
    } else if (this.lasts(middle < FULL_PERCENT, now)) {
      this.hold = Math.min(2 * this.hold, LONGEST_HOLD_MS);
      this.change(this.loss.most >= SOME_PERCENT ? LOSSY : CALM);
      this.returning = this.plan === CALM;
    }
  }

  private calm(): void {
    this.bearable = MUCH_PERCENT;
    this.change(CALM);
  }

  /** Tells whether something has been so for long enough. */
  private lasts(isSo: boolean, now: number): boolean {
    this.better = isSo ? (this.better ?? now) : null;
    return this.better !== null && now - this.better >= this.hold;
  }

  private change(plan: Plan): void {
    this.plan = plan;
    this.better = null;
    this.returning = false;
  }
}
