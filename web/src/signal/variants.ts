/**
 * What the mark adds to one slot of a segment, as in `earmark.signal.variants`.
 *
 * In a slot's window w, the square root of a periodic Hann window, the spectrum X(f) of w · x is given the gains
 * g(f) = depth · Σ_b sign_b · weight_b · triangle_b(f), which makes two sounds,
 *
 *     odd = w · F⁻¹(g · X),    even = w³ · F⁻¹(-g² / 2 · X),
 *
 * and the variants are x + even - odd (0) and x + even + odd (1).
 */

import { BAND_HZ, bandCentre, BANDS, bandWeight, RATE, type Layout } from "./layout.ts";
import { BandTransform } from "./spectrum.ts";

/** Marks slots; nothing is allocated after construction. */
export class SlotMarker {
  private readonly transform: BandTransform;
  private readonly taper: Float64Array;
  /** Of each bin the lower of the two bands that share it, and depth · weight · triangle of both. */
  private readonly lower: Int16Array;
  private readonly shares: Float64Array;
  private readonly window: Float64Array;
  private readonly spectrum: Float64Array;
  private readonly odd: Float64Array;
  private readonly even: Float64Array;
  private readonly sound: Float64Array;

  /**
   * @param layout the cells of a segment.
   * @param depth the largest gain of a cell, as a part of its amplitude; between 0 and 1.
   */
  constructor(layout: Layout, depth: number) {
    const samples = layout.window;
    this.transform = new BandTransform(samples);
    const { first, count } = this.transform.bins;
    this.taper = Float64Array.from({ length: samples }, (_, n) => Math.sin((Math.PI * n) / samples));
    this.lower = new Int16Array(count);
    this.shares = new Float64Array(2 * count);
    for (let bin = 0; bin < count; bin++) {
      const hertz = ((first + bin) * RATE) / samples;
      const lower = Math.floor((hertz - bandCentre(0)) / BAND_HZ);
      this.lower[bin] = lower;
      this.shares[2 * bin] = depth * share(hertz, lower);
      this.shares[2 * bin + 1] = depth * share(hertz, lower + 1);
    }
    this.window = new Float64Array(samples);
    [this.spectrum, this.odd, this.even] = [2 * count, 2 * count, 2 * count].map((size) => new Float64Array(size)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    this.sound = new Float64Array(2 * samples);
  }

  /**
   * Adds a slot's mark.
   *
   * @param sound what was spoken; the window starts at `start`.
   * @param signs of the stream's patterns; those of the slot start at `cell`.
   * @param odd what distinguishes the variants; `even`: what both get; both start where the window does, at `place`.
   */
  mark(
    sound: Float32Array,
    start: number,
    signs: Int8Array,
    cell: number,
    odd: Float64Array,
    even: Float64Array,
    place: number,
  ): void {
    const { taper, window } = this;
    for (let n = 0; n < taper.length; n++) window[n] = taper[n]! * sound[start + n]!;
    this.transform.forward(window, this.spectrum);
    this.gain(signs, cell);
    this.transform.inverse(this.odd, this.even, this.sound);
    for (let n = 0; n < taper.length; n++) {
      const w = taper[n]!;
      odd[place + n]! += w * this.sound[2 * n]!;
      even[place + n]! -= w * w * w * this.sound[2 * n + 1]!;
    }
  }

  /** Gives every bin its gain: g · X into `odd`, g² / 2 · X into `even`. */
  private gain(signs: Int8Array, cell: number): void {
    const { spectrum, odd, even } = this;
    for (let bin = 0; bin < this.lower.length; bin++) {
      const lower = this.lower[bin]!;
      const below = lower >= 0 ? signs[cell + lower]! : 0;
      const above = lower + 1 < BANDS ? signs[cell + lower + 1]! : 0;
      const g = below * this.shares[2 * bin]! + above * this.shares[2 * bin + 1]!;
      const half = (g * g) / 2;
      odd[2 * bin] = g * spectrum[2 * bin]!;
      odd[2 * bin + 1] = g * spectrum[2 * bin + 1]!;
      even[2 * bin] = half * spectrum[2 * bin]!;
      even[2 * bin + 1] = half * spectrum[2 * bin + 1]!;
    }
  }
}

/** Returns a band's weight times how much it has of a frequency; 0 for a band that there is not. */
function share(hertz: number, band: number): number {
  if (band < 0 || band >= BANDS) return 0;
  return bandWeight(band) * Math.max(0, 1 - Math.abs(hertz - bandCentre(band)) / BAND_HZ);
}
