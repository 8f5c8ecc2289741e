/**
 * The Fourier transform of a window, of the marked bins alone.
 *
 * A window has N = R · P samples, P a power of two. Every R-th sample makes a sequence of P, and the R transforms of
 * those give any bin k of the whole (Cooley and Tukey 1965):
 *
 *     X[k] = Σ_r exp(-2πi rk/N) · F_r[k mod P],    F_r = the transform of x[r], x[r + R], x[r + 2R], …
 *
 * A mark reaches from 250 Hz to 7 kHz, some 280 of 1,920 bins, so that this sum is short. The way back is the same way.
 */

import FFT from "fft.js";

import { BAND_HZ, BANDS, bandCentre, RATE } from "./layout.ts";

/** The bins that bands reach: from `first` on, `count` of them, all others are not marked. */
export interface Bins {
  readonly first: number;
  readonly count: number;
}

/** Returns the bins of a window of `samples` that lie less than a band's width from a band's centre. */
export function markedBins(samples: number): Bins {
  const binHz = RATE / samples;
  const first = Math.floor((bandCentre(0) - BAND_HZ) / binHz) + 1;
  const last = Math.ceil((bandCentre(BANDS - 1) + BAND_HZ) / binHz) - 1;
  return { first, count: last - first + 1 };
}

/** Transforms windows of one length; nothing is allocated after construction. */
export class BandTransform {
  readonly bins: Bins;
  private readonly parts: number;
  private readonly size: number;
  private readonly fft: FFT;
  /** exp(2πi rk/N) of every part r and bin k, re and im side by side. */
  private readonly turns: Float64Array;
  private readonly input: Float64Array;
  private readonly output: Float64Array;

  /** @param samples length of a window: even, no prime factors but 2, 3 and 5; a RangeError otherwise. */
  constructor(readonly samples: number) {
    if (!smooth(samples)) {
      throw new RangeError(`a window of ${samples} samples has factors other than 2, 3 and 5`);
    }
    this.bins = markedBins(samples);
    this.size = samples & -samples;
    this.parts = samples / this.size;
    this.fft = new FFT(this.size);
    this.turns = turns(samples, this.parts, this.bins);
    this.input = new Float64Array(2 * this.size);
    this.output = new Float64Array(2 * this.size);
  }

  /** Writes the marked bins of a real window to `spectrum`, re and im side by side, 2 · count of them. */
  forward(window: Float64Array, spectrum: Float64Array): void {
    spectrum.fill(0);
    for (let part = 0; part < this.parts; part++) {
      for (let m = 0, n = part; m < this.size; m++, n += this.parts) {
        this.input[2 * m] = window[n]!;
        this.input[2 * m + 1] = 0;
      }
      this.fft.transform(this.output, this.input);
      this.gather(part, spectrum);
    }
  }

  /**
   * Writes the two real sounds whose marked bins are `one` and `other` (all others empty) to `sound`, their samples
   * side by side, 2 · samples of them. Both go one way as the real and the imaginary part of one sequence.
   */
  inverse(one: Float64Array, other: Float64Array, sound: Float64Array): void {
    const scale = 1 / this.parts; // fft.js divides by the size itself
    for (let part = 0; part < this.parts; part++) {
      this.fold(part, one, other);
      this.fft.inverseTransform(this.output, this.input);
      for (let m = 0, n = part; m < this.size; m++, n += this.parts) {
        sound[2 * n] = this.output[2 * m]! * scale;
        sound[2 * n + 1] = this.output[2 * m + 1]! * scale;
      }
    }
  }

  /** Adds what a part of the samples brings to each bin: conj(turn) · F[k mod P]. */
  private gather(part: number, spectrum: Float64Array): void {
    const { first, count } = this.bins;
    const mask = this.size - 1;
    for (let bin = 0, at = 2 * part * count; bin < count; bin++, at += 2) {
      const q = 2 * ((first + bin) & mask);
      const re = this.output[q]!;
      const im = this.output[q + 1]!;
      const c = this.turns[at]!;
      const s = this.turns[at + 1]!;
      spectrum[2 * bin]! += c * re + s * im;
      spectrum[2 * bin + 1]! += c * im - s * re;
    }
  }

  /** Folds bins k of one + i · other, and their mirror images -k, into the spectrum of a part of the samples. */
  private fold(part: number, one: Float64Array, other: Float64Array): void {
    const { first, count } = this.bins;
    const mask = this.size - 1;
    this.input.fill(0);
    for (let bin = 0, at = 2 * part * count; bin < count; bin++, at += 2) {
      const c = this.turns[at]!;
      const s = this.turns[at + 1]!;
      const re = c * one[2 * bin]! - s * one[2 * bin + 1]!; // turned, as is the mirror image the other way
      const im = c * one[2 * bin + 1]! + s * one[2 * bin]!;
      const otherRe = c * other[2 * bin]! - s * other[2 * bin + 1]!;
      const otherIm = c * other[2 * bin + 1]! + s * other[2 * bin]!;
      const q = 2 * ((first + bin) & mask);
      const mirror = 2 * (-(first + bin) & mask);
      this.input[q]! += re - otherIm;
      this.input[q + 1]! += im + otherRe;
      this.input[mirror]! += re + otherIm;
      this.input[mirror + 1]! += otherRe - im;
    }
  }
}

/** Returns exp(2πi rk/N) for every part r and marked bin k. */
function turns(samples: number, parts: number, { first, count }: Bins): Float64Array {
  const table = new Float64Array(2 * parts * count);
  for (let part = 0; part < parts; part++) {
    for (let bin = 0; bin < count; bin++) {
      const angle = (2 * Math.PI * ((part * (first + bin)) % samples)) / samples;
      table[2 * (part * count + bin)] = Math.cos(angle);
      table[2 * (part * count + bin) + 1] = Math.sin(angle);
    }
  }
  return table;
}

/** Tells whether a number is even and has no prime factors but 2, 3 and 5. */
function smooth(samples: number): boolean {
  let rest = samples;
  for (const factor of [2, 3, 5]) {
    while (rest > 1 && rest % factor === 0) rest /= factor;
  }
  return rest === 1 && samples % 2 === 0;
}
