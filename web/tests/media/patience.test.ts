import fc from "fast-check";
import { expect, test } from "vitest";

import { CUSHION_MS, Patience } from "../../src/media/patience.ts";

/** How many frames come between two looks. */
const FRAMES = 200;

/** Returns how long is waited after so many looks at which so many frames of a hundred came out of copies, by ages. */
function waits(looks: number, percent: Record<number, number>): number {
  const patience = new Patience();
  const at = (look: number): Parameters<Patience["look"]>[0] => ({
    opened: FRAMES * look,
    recovered: Object.fromEntries(Object.entries(percent).map(([age, share]) => [age, (FRAMES * look * share) / 100])),
  });
  return Array.from({ length: looks + 1 }, (_, look) => patience.look(at(look))).at(-1)!;
}

test("nothing is kept back for copies while there are none", () => {
  expect(waits(0, {})).toBe(CUSHION_MS);
  expect(waits(9, {})).toBe(CUSHION_MS);
});

test("single losses are waited for, and what is lost with its near copy is not", () => {
  expect(waits(1, { 2: 5, 11: 0.2 })).toBe(CUSHION_MS + 40);
  expect(waits(9, { 2: 9, 11: 1 })).toBe(CUSHION_MS + 40);
});

test("bursts are waited for", () => {
  expect(waits(3, { 2: 1, 11: 4 })).toBe(CUSHION_MS + 220);
});

test("what comes once is forgotten", () => {
  const patience = new Patience();
  const recovered = { 2: 0, 11: 20 };
  patience.look({ opened: 0, recovered: {} });
  expect(patience.look({ opened: FRAMES, recovered })).toBeGreaterThan(CUSHION_MS);
  const later = [2, 3, 4, 5].map((look) => patience.look({ opened: FRAMES * look, recovered }));
  expect(later.at(-1)).toBe(CUSHION_MS);
});

test("the more comes out of copies, the longer is waited; never for copies that there are not", () => {
  const percent = fc.integer({ min: 0, max: 30 });
  fc.assert(
    fc.property(percent, percent, percent, (near, far, more) => {
      const some = waits(2, { 2: near, 11: far });
      const several = waits(2, { 2: near, 11: far + more });
      expect([0, 40, 220]).toContain(some - CUSHION_MS);
      expect(several).toBeGreaterThanOrEqual(some);
    }),
  );
});
