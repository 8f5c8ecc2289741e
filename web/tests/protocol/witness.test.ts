import { describe, expect, test } from "vitest";

import vectors from "../../../tests/vectors/call.json";
import type { Bytes } from "../../src/keys.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { Opener } from "../../src/protocol/opener.ts";
import { Openers } from "../../src/protocol/openers.ts";
import type { Variant } from "../../src/protocol/schedule.ts";
import { Sealer, type Variants } from "../../src/protocol/sealer.ts";
import { FRAME_TAG_BYTES, frameTag, NOTHING_SAMPLED, REMEMBERED } from "../../src/protocol/witness.ts";
import { unhex } from "../bytes.ts";
import { dealt, epoch, sample } from "./samples.ts";

const SECRET = sample("stream secret");
const STREAM = 5;
const FRAMES = 12;

async function listener(bits: readonly Variant[], keysOf = SECRET): Promise<Opener> {
  const opener = new Opener(STREAM);
  opener.setEpoch(epoch(1));
  opener.addKeys(await dealt(keysOf, 0, bits));
  return opener;
}

/** Sends whole segments, of which `variants` says what is in them. */
async function send(
  openers: readonly Opener[],
  segments: number,
  variants: (position: number, frame: number) => Variants,
): Promise<void> {
  const sealer = new Sealer(STREAM, SECRET);
  sealer.setEpoch(epoch(1));
  for (let place = 0; place < FRAMES * segments; place++) {
    const [position, frame] = [Math.floor(place / FRAMES), place % FRAMES];
    const packet = await sealer.seal(position, frame, variants(position, frame));
    for (const opener of openers) await opener.open(packet);
  }
}

const honest = (position: number, frame: number): [Bytes, Bytes] => [
  sample(`opus ${position} ${frame} 0`, 80),
  sample(`opus ${position} ${frame} 1`, 80),
];

const tagsAt = async (opener: Opener, position: number): Promise<(string | null)[]> =>
  (await opener.sample(position)).frames.map((tag) => tag && toHex(tag));

test.each(vectors.tags)("the vectors are met: position $position, frame $frame", async (vector) => {
  const { stream, position, frame, kind } = vector;
  const tag = await frameTag(unhex(vector.epoch_secret), stream, position, frame, kind, unhex(vector.opus));
  expect(toHex(tag)).toBe(vector.tag);
});

describe("of an honest speaker", () => {
  test("who hears the same says the same, and who hears the other variant says something else", async () => {
    const people = await Promise.all([listener([0, 1]), listener([0, 0]), listener([1, 1])]);
    await send(people, 2, honest);
    for (const [position, holds] of [
      [0, [0, 0, 1]],
      [1, [1, 0, 1]],
    ] as const) {
      const said = await Promise.all(people.map((one) => tagsAt(one, position)));
      for (let frame = 0; frame < FRAMES; frame++) {
        const tags = said.map((one) => one[frame]);
        for (const [a, b] of [
          [0, 1],
          [0, 2],
          [1, 2],
        ] as const) {
          expect(tags[a] === tags[b]).toBe(holds[a] === holds[b]);
        }
      }
    }
    expect((await people[0].sample(0)).newest).toBe(1);
  });

  test("silence, which repeats itself, does not look the same in both variants", async () => {
    const people = await Promise.all([listener([0, 0]), listener([0, 0]), listener([1, 1])]);
    const still = sample("silence", 80);
    await send(people, 2, () => [still, still]);
    const [first, same, other] = await Promise.all(people.map((one) => tagsAt(one, 1)));
    expect(same).toEqual(first);
    for (const [frame, tag] of first!.entries()) expect(other![frame]).not.toBe(tag);
  });

  test("a tag says nothing of the sound to who is not in the group, and is another at every place", async () => {
    const opener = await listener([0, 0]);
    const same = sample("the same", 80);
    await send([opener], 2, (_position, frame) => [frame === 0 ? same : honest(0, frame)[0], same]);
    const [first, second] = await Promise.all([tagsAt(opener, 0), tagsAt(opener, 1)]);
    expect(new Set([...first, ...second]).size).toBe(2 * FRAMES);
    const guess = await frameTag(epoch(1, "another group").secret, STREAM, 0, 0, 0, same);
    expect(first).not.toContain(toHex(guess));
  });
});

describe("of a speaker who cheats", () => {
  test("both variants that are the same are told of by the same tags", async () => {
    const people = await Promise.all([listener([0]), listener([1])]);
    await send(people, 1, (position, frame) => [honest(position, frame)[0], honest(position, frame)[0]]);
    const [first, other] = await Promise.all(people.map((one) => tagsAt(one, 0)));
    expect(first).not.toContain(null);
    expect(other).toEqual(first);
  });

  test("a variant under a wrong key is told of as what could not be opened", async () => {
    const people = [await listener([0]), await listener([1], sample("wrong"))];
    await send(people, 1, honest);
    expect(await tagsAt(people[1]!, 0)).toEqual(Array(FRAMES).fill(""));
    expect(await tagsAt(people[0]!, 0)).not.toContain("");
    expect((await people[1]!.sample(0)).newest).toBeNull();
  });
});

test("rubbish of times to come makes nobody forget what they heard, nor hides that it came", async () => {
  const opener = await listener(Array<Variant>(3 * REMEMBERED).fill(1));
  await send([opener], 3, honest);
  const before = await Promise.all([0, 1, 2].map((position) => tagsAt(opener, position)));
  const sealer = new Sealer(STREAM, SECRET);
  sealer.setEpoch(epoch(1));
  for (let position = 3; position < 3 * REMEMBERED; position++) {
    const packet = await sealer.seal(position, 0, honest(position, 0));
    packet[packet.length - 1]! ^= 1;
    expect(await opener.tryOpen(packet)).toEqual({ opus: null, refusal: "forged" });
  }
  expect(await Promise.all([0, 1, 2].map((position) => tagsAt(opener, position)))).toEqual(before);
  expect((await tagsAt(opener, 2 + REMEMBERED))[0]).toBe("");
});

test("what did not come, was long ago, or was of a group that is gone is not told of", async () => {
  const opener = await listener(Array<Variant>(REMEMBERED + 2).fill(1));
  await send([opener], REMEMBERED + 2, honest);
  const nothing = Array(FRAMES).fill(null);
  expect(await tagsAt(opener, 1)).toEqual(nothing);
  expect(await tagsAt(opener, REMEMBERED + 5)).toEqual(nothing);
  const { newest, frames } = await opener.sample(2);
  expect(newest).toBe(REMEMBERED + 1);
  expect(frames.every((tag) => tag?.length === FRAME_TAG_BYTES)).toBe(true);
  opener.setEpoch(epoch(2));
  opener.setEpoch(epoch(3));
  expect(await tagsAt(opener, 2)).toEqual(nothing);
  expect(await new Openers().sample(STREAM, 0)).toEqual(NOTHING_SAMPLED);
});
