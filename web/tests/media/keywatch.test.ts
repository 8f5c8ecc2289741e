import { expect, test } from "vitest";

import { KEYS_PATIENCE_MS, KeyWatch } from "../../src/media/keywatch.ts";
import type { ReceivingCounts } from "../../src/media/messages.ts";
import { unkeyedText } from "../../src/ui/call/words.ts";

const counts = (stream: number, opened: number, missing: number, recovered = 0): ReceivingCounts => ({
  stream,
  opened,
  recovered: { 1: recovered },
  refused: { "no key": missing, replayed: 1 },
  keysUntil: 1023,
});

/** Looks every 400 ms at what `at` says of each look, and returns what was shown each time. */
function shown(looks: number, at: (look: number) => ReceivingCounts[]): number[][] {
  const watch = new KeyWatch();
  return Array.from({ length: looks }, (_, look) => [...watch.look(at(look), 400 * look)]);
}

const PATIENT = KEYS_PATIENCE_MS / 400;

test("what is heard, or does not come at all, lacks no keys", () => {
  expect(shown(50, (look) => [counts(1, 20 * look, 0), counts(2, 7, 3)]).flat()).toEqual([]);
});

test("what comes and is not heard for want of keys is shown after a while, until it is heard", () => {
  const seen = shown(60, (look) => [
    counts(1, 20 * look, 0),
    look < 10 || look >= 40 ? counts(2, 20 * look, 0) : counts(2, 200, 20 * (look - 10)),
  ]);
  expect(seen.slice(0, 10 + PATIENT).flat()).toEqual([]);
  expect(seen.slice(11 + PATIENT, 40)).toEqual(Array(29 - PATIENT).fill([2]));
  expect(seen.slice(41).flat()).toEqual([]);
});

test("keys that are late for a moment, or now and then, are not missed", () => {
  expect(shown(80, (look) => [counts(1, Math.floor(look / 4), 20 * look)]).flat()).toEqual([]);
  expect(shown(80, (look) => [counts(1, 0, 20 * look, Math.floor(look / 4))]).flat()).toEqual([]);
});

test("a stream that is over is forgotten", () => {
  const seen = shown(40, (look) => (look < 20 ? [counts(3, 0, look)] : []));
  expect(seen.slice(10, 20)).toEqual(Array(10).fill([3]));
  expect(seen.slice(20).flat()).toEqual([]);
});

test("it is said whom one does not hear, or that it is somebody while nobody is shown", () => {
  const ben = { name: "Ben", stream: 3 };
  expect(unkeyedText([ben], new Set())).toBe("");
  expect(unkeyedText([ben, { name: "Cleo", stream: null }], new Set([3]))).toContain("You cannot hear Ben:");
  expect(unkeyedText([], new Set([3]))).toContain("You cannot hear somebody:");
});
