/** Who speaks: loud enough now, or a moment ago, so that pauses between words do not flicker. */

const LOUD = 0.02;
const HOLD_MS = 600;

export class Activity {
  private readonly until = new Map<number, number>();

  /**
   * Takes how loud a stream is now.
   *
   * @param level amplitude, 0 to 1.
   * @param now in milliseconds, rising.
   */
  heard(stream: number, level: number, now: number): void {
    if (level >= LOUD) {
      this.until.set(stream, now + HOLD_MS);
    }
  }

  /** Returns the streams in which somebody speaks. */
  speaking(now: number): ReadonlySet<number> {
    return new Set([...this.until].filter(([, until]) => now < until).map(([stream]) => stream));
  }

  forget(stream: number): void {
    this.until.delete(stream);
  }
}
