/** What those can hear who may not: nothing, with all that they have. And what a relay can do to what it passes on. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { derive, type Bytes } from "../../src/keys.ts";
import { concat } from "../../src/protocol/bytes.ts";
import { Opener } from "../../src/protocol/opener.ts";
import type { Epoch, Variant } from "../../src/protocol/schedule.ts";
import { Sealer } from "../../src/protocol/sealer.ts";
import { candidate, change, groupOf } from "./people.ts";
import { dealt, epoch, sample } from "./samples.ts";

const SECRET = sample("stream secret");
const STREAM = 5;
const both = (place: number): [Bytes, Bytes] => [sample(`${place} 0`, 80), sample(`${place} 1`, 80)];

async function listener(bits: readonly Variant[], epochs: readonly Epoch[]): Promise<Opener> {
  const opener = new Opener(STREAM);
  for (const one of epochs) opener.setEpoch(one);
  opener.addKeys(await dealt(SECRET, 0, bits));
  return opener;
}

function speaker(under: Epoch): Sealer {
  const sealer = new Sealer(STREAM, SECRET);
  sealer.setEpoch(under);
  return sealer;
}

describe("relay and dealer together", () => {
  test("cannot open a frame with the stream's secret, every packet and every message of the group", async () => {
    const [anna, ben] = await groupOf("anna", "ben");
    const { made, added } = await change(anna!, [ben!], [await candidate("chloe")], []);
    const sealing = await anna!.group.frameEpoch();
    const packet = await speaker(sealing).seal(0, 0, both(0));
    const onTheWire = [made.commit, made.welcome!, ben!.joining.keyPackage, added[0]!.joining.keyPackage, packet];
    const guesses = [SECRET, sample("zeros"), new Uint8Array(32), concat(...onTheWire)];
    for (let i = 0; i < 200; i++) {
      const message = onTheWire[i % onTheWire.length]!;
      guesses.push(message.slice(i, i + 32), await derive(SECRET, `earmark/1 guess ${i}`));
    }
    for (const secret of guesses) {
      for (const bit of [0, 1] as const) {
        const opener = await listener([bit], [{ number: sealing.number, secret }]);
        expect((await opener.tryOpen(packet)).opus).toBeNull();
      }
    }
    const member = await listener([1], [await ben!.group.frameEpoch()]);
    expect(await member.open(packet)).toEqual(both(0)[1]); // what they lack is this, and nothing else
  });
});

describe("a modified client", () => {
  test("opens its own variant of each segment, and the other one with no key that it has", async () => {
    const bits: Variant[] = [0, 1, 1, 0];
    const keys = await dealt(SECRET, 0, bits);
    const sealer = speaker(epoch(1));
    for (const [position, bit] of bits.entries()) {
      const packet = await sealer.seal(position, 0, both(position));
      for (let i = 0; i < bits.length; i++) {
        const key = keys.keys.slice(32 * i, 32 * i + 32);
        for (const tried of [0, 1] as const) {
          const opener = new Opener(STREAM);
          opener.setEpoch(epoch(1));
          opener.addKeys({ first: position, bits: new Uint8Array([tried << 7]), keys: key });
          const opened = await opener.open(packet);
          expect(opened).toEqual(i === position && tried === bit ? both(position)[bit] : null);
        }
      }
    }
  });
});

describe("who is not in the group", () => {
  test("any more hears nothing sealed in the next epoch; who has come later nothing from before", async () => {
    const [anna, ben, chloe] = await groupOf("anna", "ben", "chloe");
    const before = await anna!.group.frameEpoch();
    const bens = await ben!.group.frameEpoch();
    const { added } = await change(anna!, [chloe!], [await candidate("dora")], ["ben"]);
    const after = await anna!.group.frameEpoch();
    const sealer = speaker(before);
    const old = await sealer.seal(0, 0, both(0));
    sealer.setEpoch(after);
    const fresh = await sealer.seal(0, 1, both(1));
    const removed = await listener([0], [bens, { number: after.number, secret: bens.secret }]);
    expect((await removed.tryOpen(fresh)).opus).toBeNull();
    expect(await (await listener([0], [bens])).open(old)).toEqual(both(0)[0]);
    const doras = await added[0]!.group.frameEpoch();
    const late = await listener([0], [{ number: before.number, secret: doras.secret }, doras]);
    expect((await late.tryOpen(old)).opus).toBeNull();
    expect(await late.open(fresh)).toEqual(both(1)[0]);
  });
});

describe("a relay", () => {
  const PLACES = 72;

  test("that drops, repeats, swaps, changes and mixes in other streams makes nobody hear anything twice or false", async () => {
    const keys = await dealt(SECRET, 0, Array<Variant>(PLACES / 12).fill(1));
    const [sealer, other] = [speaker(epoch(1)), new Sealer(STREAM + 1, sample("other stream"))];
    other.setEpoch(epoch(1));
    const packets: Bytes[] = [];
    const others: Bytes[] = [];
    for (let place = 0; place < PLACES; place++) {
      packets.push(await sealer.seal(Math.floor(place / 12), place % 12, both(place)));
      others.push(await other.seal(Math.floor(place / 12), place % 12, both(1000 + place)));
    }
    const relayed = new Map(packets.map((_, place) => [place, both(place)[1]]));
    const acts = fc.record({
      place: fc.nat(PLACES - 1),
      act: fc.constantFrom("pass", "pass", "change", "stream", "relabel"),
      byte: fc.nat(400),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(acts, { maxLength: 100 }), async (done) => {
        const opener = new Opener(STREAM);
        opener.setEpoch(epoch(1));
        opener.addKeys(keys);
        const heard: number[] = [];
        for (const { place, act, byte } of done) {
          const packet = (act === "stream" || act === "relabel" ? others : packets)[place]!.slice();
          if (act === "change") packet[byte % packet.length]! ^= 1;
          if (act === "relabel") packet[2] = STREAM;
          const outcome = await opener.tryOpen(packet);
          if (outcome.opus === null) continue;
          const at = outcome.head.position * 12 + outcome.head.frame;
          expect(outcome.opus).toEqual(relayed.get(at));
          heard.push(at);
        }
        expect(new Set(heard).size).toBe(heard.length);
      }),
      { numRuns: 60 },
    );
  });
});
