import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";

import vectors from "../../../tests/vectors/call.json";
import type { Bytes } from "../../src/keys.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { MessageError, SealingError } from "../../src/protocol/errors.ts";
import { Opener, type DealtKeys } from "../../src/protocol/opener.ts";
import { MAX_OPUS_BYTES, MAX_PACKET_BYTES } from "../../src/protocol/packet.ts";
import { BLOCK_POSITIONS, type Variant } from "../../src/protocol/schedule.ts";
import { Sealer } from "../../src/protocol/sealer.ts";
import { unhex } from "../bytes.ts";
import { anyBytes, dealt, epoch, sample } from "./samples.ts";

const SECRET = sample("stream secret");
const STREAM = 5;

/** The Opus frame of a variant at a place. */
const opus = (position: number, frame: number, variant: Variant): Bytes =>
  sample(`opus ${position} ${frame} ${variant}`, 80);

const both = (position: number, frame: number): [Bytes, Bytes] => [opus(position, frame, 0), opus(position, frame, 1)];

/** Returns position and frame of a place in the stream. */
const placed = (place: number): [number, number] => [Math.floor(place / 12), place % 12];

const pair = (variants: readonly string[]): [Bytes, Bytes] => [unhex(variants[0]!), unhex(variants[1]!)];

function speaker(epochNumber = 1): Sealer {
  const sealer = new Sealer(STREAM, SECRET);
  sealer.setEpoch(epoch(epochNumber));
  return sealer;
}

async function listener(bits: readonly Variant[], first = 0, epochNumber = 1): Promise<Opener> {
  const opener = new Opener(STREAM);
  opener.setEpoch(epoch(epochNumber));
  opener.addKeys(await dealt(SECRET, first, bits));
  return opener;
}

describe("the vectors", () => {
  test.each(vectors.packets)("are what is sealed: position $position, frame $frame", async (vector) => {
    const sealer = new Sealer(vector.stream, unhex(vector.stream_secret));
    sealer.setEpoch({ number: vector.epoch, secret: unhex(vector.epoch_secret) });
    for (const { age, variants } of [...vector.copies].reverse()) {
      const [position, frame] = placed(12 * vector.position + vector.frame - age);
      await sealer.seal(position, frame, pair(variants));
    }
    const ages = vector.copies.map(({ age }) => age);
    const packet = await sealer.seal(vector.position, vector.frame, pair(vector.variants), ages);
    expect(toHex(packet)).toBe(vector.packet);
  });

  test.each(vectors.packets)("are recovered: position $position, frame $frame", async (vector) => {
    for (const variant of [0, 1] as const) {
      const opener = new Opener(vector.stream);
      opener.setEpoch({ number: vector.epoch, secret: unhex(vector.epoch_secret) });
      const first = Math.max(0, vector.position - 1);
      opener.addKeys(await dealt(unhex(vector.stream_secret), first, [variant, variant]));
      const recovered = await opener.recover(unhex(vector.packet));
      const expected = vector.copies.map(({ age, variants }) => ({ age, opus: variants[variant] })).reverse();
      expect(recovered.map(({ age, opus }) => ({ age, opus: toHex(opus) }))).toEqual(expected);
    }
  });

  test.each(vectors.packets)("are opened: position $position, frame $frame", async (vector) => {
    for (const variant of [0, 1] as const) {
      const opener = new Opener(vector.stream);
      opener.setEpoch({ number: vector.epoch, secret: unhex(vector.epoch_secret) });
      opener.addKeys(await dealt(unhex(vector.stream_secret), vector.position, [variant]));
      expect(toHex((await opener.open(unhex(vector.packet)))!)).toBe(vector.variants[variant]);
    }
  });
});

describe("a listener", () => {
  test("hears their own variant of every segment, over the end of a block", async () => {
    const first = BLOCK_POSITIONS - 3;
    const bits = [1, 0, 0, 1, 1, 0] as const;
    const [sealer, opener] = [speaker(), await listener(bits, first)];
    for (const [i, bit] of bits.entries()) {
      for (let frame = 0; frame < 12; frame++) {
        const packet = await sealer.seal(first + i, frame, both(first + i, frame));
        expect(await opener.open(packet)).toEqual(opus(first + i, frame, bit));
      }
    }
    expect(opener.opened).toBe(72);
    expect(opener.refusals.size).toBe(0);
    expect(opener.keysUntil).toBe(first + 5);
  });

  test("hears on while the group goes from one epoch to the next", async () => {
    const [sealer, opener] = [speaker(1), await listener([0, 1, 0, 1])];
    const before = await sealer.seal(0, 0, both(0, 0));
    const late = await sealer.seal(0, 1, both(0, 1));
    opener.setEpoch(epoch(2));
    expect(await opener.open(before)).toEqual(opus(0, 0, 0));
    sealer.setEpoch(epoch(2));
    const after = await sealer.seal(0, 2, both(0, 2));
    expect(await opener.open(after)).toEqual(opus(0, 2, 0));
    expect(await opener.open(late)).toEqual(opus(0, 1, 0));
  });

  test("forgets an epoch after the next", async () => {
    const [sealer, opener] = [speaker(1), await listener([0])];
    const packet = await sealer.seal(0, 0, both(0, 0));
    opener.setEpoch(epoch(2));
    opener.setEpoch(epoch(3));
    expect(await opener.tryOpen(packet)).toEqual({ opus: null, refusal: "no epoch" });
  });

  test("hears nothing without a key, of another stream, or that is no packet", async () => {
    const [sealer, opener] = [speaker(), await listener([0])];
    const packet = await sealer.seal(1, 0, both(1, 0));
    expect(await opener.tryOpen(packet)).toEqual({ opus: null, refusal: "no key" });
    expect(await new Opener(STREAM + 1).tryOpen(packet)).toEqual({ opus: null, refusal: "stream" });
    expect(await opener.tryOpen(packet.slice(1))).toEqual({ opus: null, refusal: "malformed" });
    expect([...opener.refusals]).toEqual([
      ["no key", 1],
      ["malformed", 1],
    ]);
  });

  test("hears nothing with the key of another call, other epoch secret, or other variant", async () => {
    const packet = await speaker().seal(0, 0, both(0, 0));
    const opener = new Opener(STREAM);
    opener.setEpoch(epoch(1, "other group"));
    opener.addKeys(await dealt(SECRET, 0, [0]));
    expect(await opener.tryOpen(packet)).toEqual({ opus: null, refusal: "key check" });
    const wrong = await dealt(SECRET, 0, [0]);
    const crossed = new Opener(STREAM);
    crossed.setEpoch(epoch(1));
    crossed.addKeys({ ...wrong, bits: new Uint8Array([0x80]) });
    expect(await crossed.tryOpen(packet)).toEqual({ opus: null, refusal: "key check" });
  });

  test("keeps the key that was dealt first", async () => {
    const opener = await listener([0]);
    opener.addKeys(await dealt(sample("other"), 0, [0]));
    expect(await opener.open(await speaker().seal(0, 0, both(0, 0)))).toEqual(opus(0, 0, 0));
  });

  test("holds so many keys and no more, and hears by those that came last", async () => {
    const opener = new Opener(STREAM);
    opener.setEpoch(epoch(1));
    const count = BLOCK_POSITIONS;
    for (let block = 0; block < 200; block++) {
      const first = (block + 1) * BLOCK_POSITIONS;
      opener.addKeys({ first, bits: new Uint8Array(count / 8), keys: new Uint8Array(32 * count) });
    }
    expect(opener.keysUntil).toBe(201 * BLOCK_POSITIONS - 1);
    opener.addKeys(await dealt(SECRET, 0, [0]));
    expect(await opener.open(await speaker().seal(0, 0, both(0, 0)))).toEqual(opus(0, 0, 0));
    expect(await opener.tryOpen(await speaker().seal(BLOCK_POSITIONS, 0, both(0, 0)))).toEqual({
      opus: null,
      refusal: "no key",
    });
  });

  test.each<DealtKeys>([
    { first: -1, bits: new Uint8Array(1), keys: new Uint8Array(32) },
    { first: 0.5, bits: new Uint8Array(1), keys: new Uint8Array(32) },
    { first: 0, bits: new Uint8Array(1), keys: new Uint8Array(33) },
    { first: 0, bits: new Uint8Array(2), keys: new Uint8Array(32 * 8) },
    { first: 0, bits: new Uint8Array(1), keys: new Uint8Array(32 * 9) },
    { first: 2 ** 32 - 1, bits: new Uint8Array(1), keys: new Uint8Array(64) },
  ])("refuses keys that make no sense, case %#", (keys) => {
    expect(() => {
      new Opener(STREAM).addKeys(keys);
    }).toThrow(MessageError);
  });
});

describe("copies of earlier frames", () => {
  const ages = [2, 11];
  const sealed = async (frames: number): Promise<Bytes[]> => {
    const sealer = speaker();
    const packets: Bytes[] = [];
    for (let i = 0; i < frames; i++) packets.push(await sealer.seal(...placed(i), both(...placed(i)), ages));
    return packets;
  };

  test("give back what was lost, each frame once, in the listener's own variants", async () => {
    const packets = await sealed(96);
    const bits = fc.array(fc.constantFrom<Variant>(0, 1), { minLength: 8, maxLength: 8 });
    const losses = fc.array(fc.boolean(), { minLength: 96, maxLength: 96 });
    await fc.assert(
      fc.asyncProperty(bits, losses, async (own, lost) => {
        const opener = await listener(own);
        const heard = new Map<number, Bytes>();
        for (const [place, packet] of packets.entries()) {
          if (lost[place]!) continue;
          const frame = await opener.open(packet);
          heard.set(place, frame!);
          for (const { age, opus: earlier } of await opener.recover(packet)) {
            expect(heard.has(place - age)).toBe(false);
            heard.set(place - age, earlier);
          }
          expect(await opener.recover(packet)).toEqual([]);
        }
        for (let place = 0; place < 96; place++) {
          const [position, frame] = placed(place);
          const came = [0, ...ages].some((age) => place + age < 96 && !lost[place + age]!);
          expect(heard.get(place)).toEqual(came ? opus(position, frame, own[position]!) : undefined);
        }
      }),
      { numRuns: 15 },
    );
  });

  test("of a segment's end are opened under its own variant, whatever the next segment's is", async () => {
    const packets = await sealed(14);
    for (const [last, next] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const opener = await listener([last, next]);
      expect(await opener.recover(packets[13]!)).toEqual([
        { age: 11, opus: opus(0, 2, last) },
        { age: 2, opus: opus(0, 11, last) },
      ]);
    }
  });

  test("are closed to who has keys of the packet's own segment only, and to who has those of other variants", async () => {
    const packets = await sealed(14);
    for (const variant of [0, 1] as const) {
      const newcomer = await listener([variant], 1);
      expect(await newcomer.recover(packets[13]!)).toEqual([]);
      const crossed = new Opener(STREAM);
      crossed.setEpoch(epoch(1));
      const own = await dealt(SECRET, 0, [variant, variant]);
      crossed.addKeys({ ...own, bits: new Uint8Array([variant === 0 ? 0xc0 : 0]) });
      expect(await crossed.recover(packets[13]!)).toEqual([]);
    }
  });

  test("that were changed, or belong to another packet, give nothing", async () => {
    const packets = await sealed(14);
    const start = packets[0]!.length;
    const keys = await dealt(SECRET, 0, [1, 1]);
    for (let at = 0; at < packets[13]!.length; at++) {
      const changed = packets[13]!.slice();
      changed[at]! ^= 1 << (at & 7);
      const opener = new Opener(STREAM);
      opener.setEpoch(epoch(1));
      opener.addKeys(keys);
      for (const { age, opus: earlier } of await opener.recover(changed)) {
        expect(earlier).toEqual(opus(...placed(13 - age), 1));
      }
    }
    const moved = new Uint8Array([...packets[12]!.slice(0, start), ...packets[13]!.slice(start)]);
    expect(await (await listener([1, 1])).recover(moved)).toEqual([]);
  });

  test("are left out where their frames were, or where they do not fit", async () => {
    const sealer = speaker();
    await sealer.seal(0, 0, both(0, 0));
    const after = await sealer.seal(0, 3, both(0, 3), [2, 3]);
    const long: [Bytes, Bytes] = [sample("0", MAX_OPUS_BYTES), sample("1", MAX_OPUS_BYTES)];
    const longest = await sealer.seal(0, 4, long, [1, 4]);
    const opener = await listener([1]);
    expect(await opener.recover(after)).toEqual([{ age: 3, opus: opus(0, 0, 1) }]);
    expect(longest.length).toBeLessThanOrEqual(MAX_PACKET_BYTES);
    expect(await opener.recover(longest)).toEqual([]);
  });

  test("are sealed under a new epoch as the packet is", async () => {
    const sealer = speaker(1);
    await sealer.seal(0, 0, both(0, 0));
    sealer.setEpoch(epoch(2));
    const packet = await sealer.seal(0, 1, both(0, 1), [1]);
    expect(await (await listener([1], 0, 2)).recover(packet)).toEqual([{ age: 1, opus: opus(0, 0, 1) }]);
    expect(await (await listener([1], 0, 1)).recover(packet)).toEqual([]);
  });
});

describe("replay", () => {
  test("a packet is heard once, two at a time or one after the other", async () => {
    const [sealer, opener] = [speaker(), await listener([0])];
    const packet = await sealer.seal(0, 0, both(0, 0));
    const twice = await Promise.all([opener.open(packet), opener.open(packet)]);
    expect(twice.filter((frame) => frame !== null)).toHaveLength(1);
    expect(await opener.tryOpen(packet)).toEqual({ opus: null, refusal: "replayed" });
  });

  test("every frame within the window is heard once in any order; older ones are not", async () => {
    const sealer = speaker();
    const packets: Bytes[] = [];
    for (let i = 0; i < 96; i++) packets.push(await sealer.seal(Math.floor(i / 12), i % 12, both(0, 0)));
    const orders = fc.array(fc.nat(95), { minLength: 1, maxLength: 60 });
    const keys = await dealt(SECRET, 0, Array<Variant>(8).fill(1));
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        const opener = new Opener(STREAM);
        opener.setEpoch(epoch(1));
        opener.addKeys(keys);
        const heard = new Set<number>();
        for (const i of order) {
          const expected = !heard.has(i) && i > Math.max(-1, ...heard) - 64;
          expect((await opener.open(packets[i]!)) !== null).toBe(expected);
          if (expected) heard.add(i);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("what was forged does not move the window", async () => {
    const [sealer, opener] = [speaker(), await listener(Array<Variant>(40).fill(0))];
    const first = await sealer.seal(0, 0, both(0, 0));
    const far = await sealer.seal(39, 0, both(39, 0));
    far[40]! ^= 1;
    expect((await opener.tryOpen(far)).opus).toBeNull();
    expect(await opener.open(first)).toEqual(opus(0, 0, 0));
  });
});

describe("a packet that was changed", () => {
  test("in any one bit of what a listener reads gives nothing", async () => {
    const packet = await speaker().seal(0, 7, both(0, 7));
    const middle = 16 + (packet.length - 16) / 2;
    for (const variant of [0, 1] as const) {
      const opener = await listener([variant]);
      const others = variant === 0 ? [middle + 2, packet.length] : [18, middle];
      for (let bit = 0; bit < 8 * packet.length; bit++) {
        const at = bit >> 3;
        if (at >= others[0]! && at < others[1]!) continue; // the other variant's half is not this listener's to judge
        const changed = packet.slice();
        changed[at]! ^= 1 << (bit & 7);
        expect(await opener.open(changed), `bit ${bit}`).toBeNull();
      }
      expect(await opener.open(packet)).toEqual(opus(0, 7, variant));
    }
  });

  test("in the other variant's half gives the listener's own frame and nothing else", async () => {
    const packet = await speaker().seal(0, 7, both(0, 7));
    const at = fc.integer({ min: 18, max: 16 + (packet.length - 16) / 2 - 1 });
    const keys = await dealt(SECRET, 0, [1]);
    await fc.assert(
      fc.asyncProperty(at, fc.integer({ min: 1, max: 255 }), async (byte, change) => {
        const opener = new Opener(STREAM);
        opener.setEpoch(epoch(1));
        opener.addKeys(keys);
        const changed = packet.slice();
        changed[byte]! ^= change;
        expect(await opener.open(changed)).toEqual(opus(0, 7, 1));
      }),
      { numRuns: 50 },
    );
  });

  test("never gives ciphertext, and opening never throws", async () => {
    const opener = await listener([0, 1, 0, 1]);
    await fc.assert(
      fc.asyncProperty(anyBytes(1100), async (bytes) => {
        expect(await opener.open(bytes)).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  test("with its halves swapped gives nothing", async () => {
    const packet = await speaker().seal(0, 7, both(0, 7));
    const middle = 16 + (packet.length - 16) / 2;
    const swapped = new Uint8Array([...packet.slice(0, 16), ...packet.slice(middle), ...packet.slice(16, middle)]);
    const listeners = await Promise.all([listener([0]), listener([1])]);
    expect(await Promise.all(listeners.map((opener) => opener.open(swapped)))).toEqual([null, null]);
  });
});

describe("a speaker", () => {
  let sealer: Sealer;
  beforeEach(() => {
    sealer = speaker();
  });

  test.each([
    [3, 4],
    [3, 3],
    [2, 11],
    [-1, 0],
    [4, 12],
    [2 ** 32, 0],
    [NaN, 0],
    [4, 0.5],
  ])("never seals position %d, frame %d after position 3, frame 4", async (position, frame) => {
    await sealer.seal(3, 4, both(3, 4));
    await expect(sealer.seal(position, frame, both(0, 0))).rejects.toThrow(SealingError);
  });

  test("never seals a place again in another epoch", async () => {
    await sealer.seal(0, 0, both(0, 0));
    sealer.setEpoch(epoch(2));
    await expect(sealer.seal(0, 0, both(0, 0))).rejects.toThrow(SealingError);
  });

  test("seals nothing before there are keys of the group", async () => {
    await expect(new Sealer(STREAM, SECRET).seal(0, 0, both(0, 0))).rejects.toThrow("no keys of the group");
  });

  test("seals frames of 1 to 400 bytes, which fit into what Chromium sends", async () => {
    for (const length of [0, MAX_OPUS_BYTES + 1]) {
      await expect(sealer.seal(0, 0, [sample("", length), sample("", 80)])).rejects.toThrow("1 to 400 bytes");
    }
    const longest = await sealer.seal(4 * BLOCK_POSITIONS, 11, [
      sample("", MAX_OPUS_BYTES),
      sample("", MAX_OPUS_BYTES),
    ]);
    expect(longest.length).toBeLessThanOrEqual(MAX_PACKET_BYTES);
  });

  test("goes on in a new epoch after the keys of the next block are there", async () => {
    const last = BLOCK_POSITIONS - 1;
    const opener = await listener([1, 1], last, 2);
    await sealer.seal(last, 0, both(last, 0));
    sealer.setEpoch(epoch(2));
    expect(await opener.open(await sealer.seal(last, 1, both(last, 1)))).toEqual(opus(last, 1, 1));
  });
});
