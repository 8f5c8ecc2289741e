import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type Seen, SETTING_UP_MS, STILL_MS, UNOFFERED_MS, Watch } from "../../src/media/watch.ts";

const LOOK_MS = 400;
const WAY = {};

const there = (moved: number, way: object = WAY): Seen => ({ stream: 1, way, there: true, moved });

/** Looks so often, and returns in which looks a way was to be made anew. */
function stills(looks: number, at: (look: number) => Seen[], watch = new Watch()): number[] {
  return Array.from({ length: looks }, (_, look) => look).filter(
    (look) => watch.look(at(look), LOOK_MS * look).length > 0,
  );
}

const within = (ms: number): number => Math.ceil(ms / LOOK_MS);

describe("a way on which nothing comes", () => {
  test("is to be made anew where it has come about, and where it was never offered, and where it does not come about", () => {
    expect(stills(200, () => [there(0)])[0]).toBe(within(STILL_MS));
    expect(stills(200, () => [{ stream: 1, way: null, there: false, moved: 0 }])[0]).toBe(within(UNOFFERED_MS));
    expect(stills(200, () => [{ stream: 1, way: WAY, there: false, moved: 0 }])[0]).toBe(within(SETTING_UP_MS));
  });

  test("is to be made anew also if something had come before", () => {
    expect(stills(200, (look) => [there(Math.min(look, 100))])[0]).toBe(100 + within(STILL_MS));
  });

  test("is tried after ever longer times, which end nowhere", () => {
    const ways = new Map<number, object>();
    const tried: number[] = [];
    const watch = new Watch();
    for (let look = 0; look < 2000; look++) {
      ways.set(tried.length, ways.get(tried.length) ?? {}); // each try brings another way
      if (watch.look([there(0, ways.get(tried.length))], LOOK_MS * look).length > 0) tried.push(look);
    }
    const waits = tried.map((look, n) => look - (tried[n - 1] ?? 0));
    expect(waits.length).toBeGreaterThan(6);
    for (const [n, wait] of waits.slice(1).entries()) expect(wait).toBeGreaterThanOrEqual(waits[n]! - 1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(within(16 * STILL_MS) + 1);
  });

  test("has time while nobody looks, as when a machine sleeps or a microphone rests", () => {
    const watch = new Watch();
    for (const now of [0, LOOK_MS, 60_000, 60_000 + LOOK_MS]) expect(watch.look([there(1)], now)).toEqual([]);
    expect(watch.look([there(1)], 60_000 + STILL_MS).length).toBe(0); // a look counts for a second at most
  });

  test("is soon tried again once something came in between", () => {
    const found = stills(300, (look) => [there(look < 150 ? 0 : 1)]);
    expect(found.find((look) => look > 150)).toBe(150 + within(STILL_MS));
  });
});

test("a way that has just come about, or was changed, has its time", () => {
  const coming = stills(60, (look) => [{ stream: 1, way: WAY, there: look >= 40, moved: 0 }]);
  expect(coming[0]).toBe(40 + within(STILL_MS));
  const other = {};
  expect(stills(60, (look) => [there(0, look < 10 ? WAY : other)])[0]).toBe(10 + within(STILL_MS));
});

test("where something comes now and then, nothing is made anew", () => {
  const pauses = fc.array(fc.integer({ min: 1, max: within(STILL_MS) - 1 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(pauses, (given) => {
      const moved = given.flatMap((pause, n) => Array<number>(pause).fill(n));
      expect(stills(moved.length, (look) => [there(moved[look]!)])).toEqual([]);
    }),
  );
});

test("each stream is for itself, and one that is not to be heard any more is forgotten", () => {
  const watch = new Watch();
  const both = (look: number): Seen[] => [there(look), { ...there(0), stream: 2 }];
  const found = Array.from({ length: 14 }, (_, look) => watch.look(both(look), LOOK_MS * look)).flat();
  expect(found).toEqual([{ stream: 2, tries: 0 }]);
  expect(watch.look([], LOOK_MS * 14)).toEqual([]);
  expect(stills(14, both, watch)).toEqual([within(STILL_MS)]);
});
