import { expect, test } from "vitest";

import { CALM, LOSSY, CROWDED, Planner } from "../../src/media/plan.ts";

test("nothing is sent twice while nothing is lost", () => {
  expect(new Planner().at(0)).toBe(CALM);
});

test("copies are sent as soon as anybody loses packets, and until nobody has for a while", () => {
  const planner = new Planner();
  planner.lost({ most: 5, middle: 0 });
  expect(planner.at(0)).toBe(LOSSY);
  planner.lost({ most: 0, middle: 0 });
  expect(planner.at(1_000)).toBe(LOSSY);
  expect(planner.at(20_999)).toBe(LOSSY);
  expect(planner.at(21_000)).toBe(CALM);
});

test("losses in between begin the while anew", () => {
  const planner = new Planner();
  planner.lost({ most: 5, middle: 5 });
  planner.at(0);
  for (let now = 1_000; now < 200_000; now += 10_000) {
    planner.lost({ most: now % 20_000 === 1_000 ? 0 : 2, middle: 0 });
    expect(planner.at(now)).toBe(LOSSY);
  }
});

test("no copies are sent where most lose much, but where one alone does", () => {
  const planner = new Planner();
  planner.lost({ most: 60, middle: 3 });
  expect(planner.at(0)).toBe(LOSSY);
  planner.lost({ most: 60, middle: 20 });
  expect(planner.at(1)).toBe(CROWDED);
});

test("the more often there was no room, the longer it takes until copies are tried", () => {
  const planner = new Planner();
  const waits = [0, 1, 2, 3, 4, 5, 6].map((round) => {
    const start = round * 1_000_000;
    planner.lost({ most: 20, middle: 20 });
    expect(planner.at(start)).toBe(CROWDED);
    planner.lost({ most: 0, middle: 0 });
    let now = start;
    while (planner.at(now) === CROWDED) now += 1_000;
    return now - start;
  });
  expect(waits).toEqual([40, 80, 160, 320, 320, 320, 320].map((seconds) => 1_000 * seconds));
});
