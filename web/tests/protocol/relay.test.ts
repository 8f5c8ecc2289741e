import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

import type { Bytes } from "../../src/keys.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { Openers } from "../../src/protocol/openers.ts";
import { REPLAY_WINDOW } from "../../src/protocol/replay.ts";
import { SEGMENT_FRAMES, type Variant } from "../../src/protocol/schedule.ts";
import { Sealer } from "../../src/protocol/sealer.ts";
import { dealt, epoch, sample } from "./samples.ts";

/** Two streams of twelve segments; with each packet goes a copy of the frame two before. */
const STREAMS = [3, 4] as const;
const SEGMENTS = 12;
const PLACES = SEGMENTS * SEGMENT_FRAMES;
const COPY = 2;
const BITS: readonly Variant[] = [1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1];

const secret = (stream: number): Bytes => sample(`secret ${stream}`);
const opus = (stream: number, place: number, variant: Variant): Bytes =>
  sample(`opus ${stream} ${place} ${variant}`, 60);
const own = (stream: number, place: number): string =>
  toHex(opus(stream, place, BITS[Math.floor(place / SEGMENT_FRAMES)]!));

const packets = new Map<number, Bytes[]>();
beforeAll(async () => {
  for (const stream of STREAMS) {
    const sealer = new Sealer(stream, secret(stream));
    sealer.setEpoch(epoch(1));
    const sealed: Bytes[] = [];
    for (let place = 0; place < PLACES; place++) {
      const at = [Math.floor(place / SEGMENT_FRAMES), place % SEGMENT_FRAMES] as const;
      sealed.push(await sealer.seal(...at, [opus(stream, place, 0), opus(stream, place, 1)], [COPY]));
    }
    packets.set(stream, sealed);
  }
});

/** A member who listens to both streams, as the worker has it: what came on which connection, and what was heard. */
class Listener {
  /** By stream, what was heard at each place; in the order in which it was. */
  readonly heard = new Map<number, Map<number, string>>(STREAMS.map((stream) => [stream, new Map()]));
  readonly #openers = new Openers();

  static async with(positions: number): Promise<Listener> {
    const listener = new Listener();
    listener.#openers.setEpoch(epoch(1));
    for (const stream of STREAMS) {
      listener.#openers.addKeys(stream, await dealt(secret(stream), 0, BITS.slice(0, positions)));
    }
    return listener;
  }

  /** Something comes on the connection of a stream, and says that it is the packet of a place. */
  async takes(stream: number, place: number, packet: Bytes): Promise<void> {
    const opener = this.#openers.of(stream)!;
    const frame = await opener.open(packet);
    const recovered = await opener.recover(packet);
    for (const { age, opus } of recovered) this.#hears(stream, place - age, opus);
    if (frame !== null) this.#hears(stream, place, frame);
  }

  refusals(stream: number): Record<string, number> {
    return Object.fromEntries(this.#openers.of(stream)!.refusals);
  }

  #hears(stream: number, place: number, frame: Bytes): void {
    const heard = this.heard.get(stream)!;
    expect(heard.has(place), `frame ${place} was heard before`).toBe(false);
    expect(toHex(frame)).toBe(own(stream, place));
    heard.set(place, toHex(frame));
  }
}

/** What a relay makes of a packet. */
type Deed = "as it is" | "changed" | "on the other connection" | "with the other's head" | "with another's half";

const deliveries = fc.array(
  fc.record({
    stream: fc.constantFrom(...STREAMS),
    place: fc.nat(PLACES - 1),
    deed: fc.constantFrom<Deed>(
      "as it is",
      "as it is",
      "as it is",
      "changed",
      "on the other connection",
      "with the other's head",
      "with another's half",
    ),
    at: fc.nat(),
    change: fc.integer({ min: 1, max: 255 }),
  }),
  { minLength: 1, maxLength: 120 },
);

describe("a relay that drops, repeats, swaps and changes what it likes", () => {
  test("makes nobody hear what was not said there, nor anything twice; what it leaves alone is heard", async () => {
    await fc.assert(
      fc.asyncProperty(deliveries, async (all) => {
        const listener = await Listener.with(SEGMENTS);
        const newest = new Map<number, number>(STREAMS.map((stream) => [stream, -1]));
        for (const { stream, place, deed, at, change } of all) {
          const other = stream === STREAMS[0] ? STREAMS[1] : STREAMS[0];
          const [packet, another] = [packets.get(stream)![place]!, packets.get(other)![place]!];
          const middle = 16 + Math.floor((packet.length - 16) / 2);
          if (deed === "as it is") {
            await listener.takes(stream, place, packet);
            const late = place <= newest.get(stream)! - REPLAY_WINDOW;
            if (!late) expect(listener.heard.get(stream)!.get(place)).toBe(own(stream, place));
            newest.set(stream, Math.max(newest.get(stream)!, place));
          } else if (deed === "changed") {
            const lied = packet.slice();
            lied[at % 16]! ^= change; // the head, which says what it is
            await listener.takes(stream, -1000, lied);
          } else if (deed === "on the other connection") {
            await listener.takes(other, -1000, packet);
          } else if (deed === "with the other's head") {
            await listener.takes(stream, -1000, new Uint8Array([...packet.slice(0, 16), ...another.slice(16)]));
          } else {
            const elsewhere = packets.get(stream)![(place + 1 + (at % (PLACES - 1))) % PLACES]!;
            const mixed = new Uint8Array([...packet.slice(0, middle), ...elsewhere.slice(middle)]);
            await listener.takes(stream, place, mixed);
            newest.set(stream, Math.max(newest.get(stream)!, ...listener.heard.get(stream)!.keys()));
          }
        }
      }),
      { numRuns: 10 },
    );
  });

  test("and delays or reorders within the window of 1.28 s takes nothing away", async () => {
    const shifts = fc.array(fc.nat(REPLAY_WINDOW / 2 - 1), { minLength: PLACES, maxLength: PLACES });
    await fc.assert(
      fc.asyncProperty(shifts, async (late) => {
        const listener = await Listener.with(SEGMENTS);
        const order = Array.from({ length: PLACES }, (_, place) => place).sort((a, b) => a + late[a]! - (b + late[b]!));
        for (const place of order) await listener.takes(3, place, packets.get(3)![place]!);
        expect([...listener.heard.get(3)!.keys()].sort((a, b) => a - b)).toEqual([...Array(PLACES).keys()]);
      }),
      { numRuns: 10 },
    );
  });

  test("and holds something back for longer makes it lost, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 30 }), async (from, count) => {
        const listener = await Listener.with(SEGMENTS);
        const held = new Set(Array.from({ length: count }, (_, i) => from + i));
        const rest = [...Array(PLACES).keys()].filter((place) => !held.has(place));
        for (const place of [...rest, ...held]) await listener.takes(3, place, packets.get(3)![place]!);
        const copied = (place: number): boolean => !held.has(place + COPY);
        const expected = [...Array(PLACES).keys()].filter((place) => !held.has(place) || copied(place));
        expect([...listener.heard.get(3)!.keys()].sort((a, b) => a - b)).toEqual(expected);
        expect(listener.refusals(3)["replayed"]).toBe(count);
      }),
      { numRuns: 10 },
    );
  });
});

test("without a dealer, all is heard as far as keys were dealt, and then nothing, for want of keys", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: SEGMENTS }), async (positions) => {
      const listener = await Listener.with(positions);
      for (let place = 0; place < PLACES; place++) await listener.takes(3, place, packets.get(3)![place]!);
      expect([...listener.heard.get(3)!.keys()]).toEqual([...Array(positions * SEGMENT_FRAMES).keys()]);
      const missing = (SEGMENTS - positions) * SEGMENT_FRAMES;
      expect(listener.refusals(3)).toEqual(missing === 0 ? {} : { "no key": missing });
    }),
    { numRuns: SEGMENTS },
  );
});
