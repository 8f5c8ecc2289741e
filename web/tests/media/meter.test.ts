import fc from "fast-check";
import { expect, test } from "vitest";

import { meter } from "../../src/media/meter.ts";

const tone = (amplitude: number): Float32Array =>
  Float32Array.from({ length: 960 }, (_, n) => amplitude * Math.sin((Math.PI * n) / 24));

test("silence is nothing, and full scale is all", () => {
  expect(meter(new Float32Array(960))).toBe(0);
  expect(meter(new Float32Array(960).fill(1))).toBeCloseTo(1, 6);
});

test("half as loud is as many decibels less, wherever on the scale", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 1, noNaN: true }), (amplitude) => {
      expect(meter(tone(amplitude)) - meter(tone(amplitude / 2))).toBeCloseTo((20 * Math.log10(2)) / 60, 3);
    }),
  );
});
