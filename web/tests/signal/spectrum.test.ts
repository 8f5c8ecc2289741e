import { describe, expect, test } from "vitest";

import { RATE } from "../../src/signal/layout.ts";
import { BandTransform, markedBins } from "../../src/signal/spectrum.ts";

const sizes = [1440, 1920, 2304, 2880, 4096];

/** Returns noise that is the same every time. */
function noise(samples: number, seed = 1): Float64Array {
  let state = seed;
  return Float64Array.from({ length: samples }, () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5);
}

/** Returns one bin of a plain Fourier sum. */
function bin(window: Float64Array, k: number): [number, number] {
  let [re, im] = [0, 0];
  window.forEach((value, n) => {
    const angle = (2 * Math.PI * ((k * n) % window.length)) / window.length;
    re += value * Math.cos(angle);
    im -= value * Math.sin(angle);
  });
  return [re, im];
}

describe.each(sizes)("a window of %i samples", (samples) => {
  const transform = new BandTransform(samples);
  const { first, count } = transform.bins;

  test("has the bins of a plain Fourier sum", () => {
    const window = noise(samples);
    const spectrum = new Float64Array(2 * count);
    transform.forward(window, spectrum);
    for (const at of [0, 1, 37, count - 1]) {
      const [re, im] = bin(window, first + at);
      expect(spectrum[2 * at]).toBeCloseTo(re, 9);
      expect(spectrum[2 * at + 1]).toBeCloseTo(im, 9);
    }
  });

  test("comes back from its bins: the way back undoes the way there, for two sounds at once", () => {
    const [one, other] = [noise(2 * count, 5), noise(2 * count, 7)];
    const sound = new Float64Array(2 * samples);
    transform.inverse(one, other, sound);
    for (const [part, expected] of [one, other].entries()) {
      const spectrum = new Float64Array(2 * count);
      transform.forward(
        Float64Array.from({ length: samples }, (_, n) => sound[2 * n + part]!),
        spectrum,
      );
      for (let at = 0; at < 2 * count; at++) expect(spectrum[at]).toBeCloseTo(expected[at]!, 9);
    }
  });
});

test("the bins are those between 203.125 Hz and 7046.875 Hz", () => {
  for (const samples of sizes) {
    const { first, count } = markedBins(samples);
    const hertz = (k: number): number => (k * RATE) / samples;
    expect(hertz(first - 1)).toBeLessThanOrEqual(203.125);
    expect(hertz(first)).toBeGreaterThan(203.125);
    expect(hertz(first + count - 1)).toBeLessThan(7046.875);
    expect(hertz(first + count)).toBeGreaterThanOrEqual(7046.875);
  }
});

test.each([0, 1919, 1922, 7 * 64])("a window of %i samples is refused", (samples) => {
  expect(() => new BandTransform(samples)).toThrow(RangeError);
});
