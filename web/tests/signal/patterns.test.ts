import { describe, expect, test } from "vitest";

import { BANDS, Layout } from "../../src/signal/layout.ts";
import { Patterns } from "../../src/signal/patterns.ts";
import vectors from "../../../tests/vectors/patterns.json";
import { unhex } from "../bytes.ts";

describe("patterns", () => {
  test.each(vectors.patterns)("are the published ones, $segment_ms ms and $slot_ms ms", async (vector) => {
    const layout = new Layout(vector.segment_ms, vector.slot_ms);
    const patterns = await Patterns.of(unhex(vector.mark_key), layout);
    expect([layout.slots, patterns.blocksPerSegment]).toEqual([vector.slots, vector.blocks_per_segment]);
    for (const { segment, bits } of vector.segments) {
      expect(await patterns.signs(segment, 1)).toEqual(unpacked(bits, layout.cells));
    }
  });

  test("are those of the example, slot by slot", async () => {
    const { mark_key, segment_ms, slot_ms, segment, signs } = vectors.example;
    const patterns = await Patterns.of(unhex(mark_key), new Layout(segment_ms, slot_ms));
    const found = await patterns.signs(segment, 1);
    expect(Array.from(found, (sign) => (sign > 0 ? "+" : "-")).join("")).toBe(signs.join(""));
    expect(signs[0]).toHaveLength(BANDS);
  });

  test("of any stretch can be had by themselves", async () => {
    const layout = new Layout(240, 20);
    const patterns = await Patterns.of(new Uint8Array(32).fill(3), layout);
    const whole = await patterns.signs(0, 9);
    expect(await patterns.signs(4, 5)).toEqual(whole.slice(4 * layout.cells));
  });
});

/** Returns the signs that bits in hexadecimal stand for. */
function unpacked(bits: string, cells: number): Int8Array {
  const digits = Array.from(bits, (digit) => parseInt(digit, 16).toString(2).padStart(4, "0")).join("");
  return Int8Array.from(digits.slice(0, cells), (bit) => (bit === "1" ? 1 : -1));
}
