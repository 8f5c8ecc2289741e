import { describe, expect, test } from "vitest";

import { BAND_HZ, bandCentre, BANDS, bandWeight, Layout, LOWEST_HZ, roundedToEven } from "../../src/signal/layout.ts";

const layouts = [20, 40, 60, 120, 160, 240, 480].flatMap((segment) =>
  [10, 20, 24, 30].map((slot) => new Layout(segment, slot)),
);

describe("a layout", () => {
  test.each(layouts)("of $segmentMs ms and $slotMs ms has its windows inside of the segment", (layout) => {
    const { starts, window, segment } = layout;
    expect(starts).toHaveLength(layout.slots);
    expect(starts[0]).toBe(0);
    expect(starts.at(-1)! + window).toBeLessThanOrEqual(segment);
    expect(window % 2).toBe(0);
    for (let slot = 1; slot < starts.length; slot++) {
      expect(Math.abs(starts[slot]! - starts[slot - 1]! - window / 2)).toBeLessThan(2);
    }
  });

  test.each([
    [60, 30, 1],
    [160, 30, 4],
    [240, 30, 7],
    [240, 24, 9],
    [240, 20, 11],
  ])("of %i ms and %i ms has %i slots", (segment, slot, slots) => {
    expect(new Layout(segment, slot).slots).toBe(slots);
    expect(new Layout(segment, slot).cells).toBe(72 * slots);
  });

  test.each([
    [0, 30],
    [50, 30],
    [-240, 30],
    [NaN, 30],
    [240, 0],
    [240, NaN],
  ])("of %f ms and %f ms is refused", (segment, slot) => {
    expect(() => new Layout(segment, slot)).toThrow(RangeError);
  });
});

test.each([
  [2.5, 2],
  [3.5, 4],
  [2.4, 2],
  [2.6, 3],
  [7, 7],
])("%f is rounded to %i, as in Python", (value, rounded) => {
  expect(roundedToEven(value)).toBe(rounded);
});

test("bands lie side by side from 250 Hz to 7 kHz, and the lower ones are marked less", () => {
  expect(bandCentre(0) - BAND_HZ / 2).toBe(LOWEST_HZ);
  expect(bandCentre(BANDS - 1) + BAND_HZ / 2).toBe(7000);
  expect([bandWeight(0), bandWeight(BANDS - 1)]).toEqual([0.6, 1]);
  for (let band = 1; band < BANDS; band++) expect(bandWeight(band)).toBeGreaterThanOrEqual(bandWeight(band - 1));
});
