import fc from "fast-check";
import { expect, test } from "vitest";

import { CALM, LOSSY, CROWDED, Planner, type Plan } from "../../src/media/plan.ts";

/** How often listeners tell what they lose. */
const REPORT_MS = 4_000;

/** Returns the plans of a call in which one listener loses so much under each plan, one plan for each report. */
function held(reports: number, percent: (plan: Plan) => number): Plan[] {
  const planner = new Planner();
  return Array.from({ length: reports }, (_, report) => {
    const middle = percent(planner.at(report * REPORT_MS));
    planner.lost({ most: middle, middle });
    return planner.at(report * REPORT_MS);
  });
}

function share(plans: readonly Plan[], plan: Plan): number {
  return plans.filter((one) => one === plan).length / plans.length;
}

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

test("copies are not given up for what one alone loses", () => {
  const planner = new Planner();
  planner.lost({ most: 60, middle: 3 });
  expect(planner.at(0)).toBe(LOSSY);
  expect(planner.at(1)).toBe(LOSSY);
  planner.lost({ most: 60, middle: 40 });
  expect(planner.at(2)).toBe(CROWDED);
});

/** Returns what is lost under each plan over a link of so many kb/s. */
function narrow(room: number): (plan: Plan) => number {
  const sent = new Map([
    [CALM, 120],
    [LOSSY, 300],
    [CROWDED, 88],
  ]);
  return (plan) => Math.round(100 * Math.max(0, 1 - room / sent.get(plan)!));
}

/** Returns how many percent of two hundred packets are lost, each by chance. */
function byChance(percent: number): number {
  return Array.from({ length: 200 }, () => 100 * Math.random()).filter((lot) => lot < percent).length / 2;
}

test("what a network loses by chance is mended nearly all the time, however much that is", () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 40 }), (percent) => {
      const plans = held(200, () => byChance(percent));
      expect(share(plans, LOSSY)).toBeGreaterThan(percent <= 10 ? 0.95 : 0.8);
    }),
  );
});

test("where copies are what a link has no room for, they are hardly ever sent", () => {
  fc.assert(
    fc.property(fc.integer({ min: 40, max: 239 }), (room) => {
      expect(share(held(500, narrow(room)), LOSSY)).toBeLessThan(0.05);
    }),
  );
});

test("over a link that is too narrow for all but the least, the least is sent nearly all the time", () => {
  fc.assert(
    fc.property(fc.integer({ min: 88, max: 110 }), (room) => {
      const plans = held(500, narrow(room));
      expect(share(plans, CROWDED)).toBeGreaterThan(0.9);
      expect(share(plans, LOSSY)).toBeLessThan(0.02);
    }),
  );
});

test("the more often there was no room, the longer it takes until copies are tried", () => {
  const planner = new Planner();
  const waits = [0, 1, 2, 3, 4, 5, 6].map((round) => {
    const start = round * 1_000_000;
    planner.lost({ most: 50, middle: 50 });
    planner.at(start);
    expect(planner.at(start)).toBe(CROWDED);
    planner.lost({ most: 0, middle: 0 });
    let now = start;
    while (planner.at(now) === CROWDED) now += 1_000;
    return now - start;
  });
  expect(waits).toEqual([20, 40, 80, 160, 320, 320, 320].map((seconds) => 1_000 * seconds));
});
