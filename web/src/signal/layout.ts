/** The cells of a segment: time slots and frequency bands whose gains carry the mark, as in `earmark.signal.layout`. */

/** Samples per second of a call's sound. */
export const RATE = 48_000;

export const BANDS = 72;
export const BAND_HZ = 93.75;
export const LOWEST_HZ = 250;
export const FULL_HZ = 1500;
export const LEAST_WEIGHT = 0.6;

/** The slots and bands of segments of one length, in samples at 48 kHz. */
export class Layout {
  /** Samples of a segment. */
  readonly segment: number;
  /** Parts between slot centres and edges: segment over slot, ties to even, at least 2. */
  readonly intervals: number;
  /** Samples of a slot's window: even, and never longer than two intervals. */
  readonly window: number;
  /** Where windows start in a segment, one for each slot. */
  readonly starts: readonly number[];

  /**
   * @param segmentMs length of a segment in ms, a positive multiple of 20.
   * @param slotMs about how far apart the slots' centres are in ms; positive.
   */
  constructor(
    readonly segmentMs: number,
    readonly slotMs: number,
  ) {
    if (!(segmentMs > 0 && segmentMs % 20 === 0)) {
      throw new RangeError(`a segment is a positive multiple of 20 ms, not ${segmentMs}`);
    }
    if (!(slotMs > 0)) {
      throw new RangeError(`slots are apart by a positive number of milliseconds, not ${slotMs}`);
    }
    this.segment = (segmentMs * RATE) / 1000;
    this.intervals = Math.max(2, roundedToEven(segmentMs / slotMs));
    this.window = 2 * Math.floor(this.segment / this.intervals);
    this.starts = Array.from({ length: this.slots }, (_, slot) => Math.floor((slot * this.segment) / this.intervals));
  }

  /** Number of slots in a segment. */
  get slots(): number {
    return this.intervals - 1;
  }

  /** Number of cells in a segment. */
  get cells(): number {
    return this.slots * BANDS;
  }
}

/** Returns the nearest whole number, of two that are equally near the even one. */
export function roundedToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
}

/** Returns a band's centre in Hz. */
export function bandCentre(band: number): number {
  return LOWEST_HZ + BAND_HZ * (band + 0.5);
}

/** Returns how strongly a band is marked, against the strongest. */
export function bandWeight(band: number): number {
  return Math.min(1, Math.max(LEAST_WEIGHT, bandCentre(band) / FULL_HZ));
}
