import fc from "fast-check";
import { describe, expect, test } from "vitest";

import vectors from "../../../tests/vectors/call.json";
import type { Bytes } from "../../src/keys.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { PacketError } from "../../src/protocol/errors.ts";
import { encodeHead, MAX_PACKET_BYTES, pack, unpack, type Half, type Packet } from "../../src/protocol/packet.ts";
import { unhex } from "../bytes.ts";
import { anyBytes } from "./samples.ts";

const halves: fc.Arbitrary<Half> = fc.record({ check: anyBytes(8, 8), sealed: anyBytes(260, 18) });
const short: fc.Arbitrary<Half> = fc.record({ check: anyBytes(8, 8), sealed: anyBytes(50, 18) });
const packets: fc.Arbitrary<Packet> = fc.record({
  stream: fc.nat(65535),
  epoch: fc.maxSafeNat(),
  position: fc.nat(2 ** 32 - 1),
  frame: fc.nat(11),
  halves: fc.tuple(halves, halves),
  copies: fc
    .uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 3 })
    .chain((ages) =>
      fc.tuple(
        ...ages.sort((a, b) => a - b).map((age) => fc.tuple(short, short).map((both) => ({ age, halves: both }))),
      ),
    ),
});

const good: Packet = {
  stream: 1,
  epoch: 2,
  position: 3,
  frame: 4,
  halves: [
    { check: new Uint8Array(8), sealed: new Uint8Array(20) },
    { check: new Uint8Array(8), sealed: new Uint8Array(30) },
  ],
  copies: [],
};

/** Returns the packet that bytes are, or null where they are refused with a `PacketError`; anything else is thrown. */
function packetOrNull(bytes: Bytes): Packet | null {
  try {
    return unpack(bytes);
  } catch (error) {
    if (error instanceof PacketError) return null;
    throw error;
  }
}

test("a packet comes back as it was", () => {
  fc.assert(
    fc.property(packets, (packet) => {
      expect(unpack(pack(packet))).toEqual(packet);
    }),
  );
});

test("any bytes are one packet's, and then that packet's only, or a clear error", () => {
  const lengthsAndAll = fc.tuple(anyBytes(16, 16), anyBytes(40), anyBytes(40)).map(([head, first, second]) => {
    head[0] = 2;
    head[15]! &= 15;
    return new Uint8Array([...head, 0, first.length, ...first, 0, second.length, ...second]);
  });
  const seen = { packets: 0, errors: 0 };
  fc.assert(
    fc.property(fc.oneof(anyBytes(1100), anyBytes(60), lengthsAndAll), (bytes) => {
      const packet = packetOrNull(bytes);
      seen[packet === null ? "errors" : "packets"]++;
      if (packet !== null) expect(pack(packet)).toEqual(bytes);
    }),
    { numRuns: 3000 },
  );
  expect(seen.errors).toBeGreaterThan(100);
});

test("a packet with any byte changed is that packet no more", () => {
  fc.assert(
    fc.property(packets, fc.nat(), fc.integer({ min: 1, max: 255 }), (packet, at, change) => {
      const bytes = pack(packet);
      bytes[at % bytes.length]! ^= change;
      const other = packetOrNull(bytes);
      if (other !== null) expect(other).not.toEqual(packet);
    }),
  );
});

test("a packet cut short or with something after it is refused", () => {
  const bytes = pack(good);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => unpack(bytes.slice(0, length))).toThrow(PacketError);
  }
  expect(() => unpack(new Uint8Array([...bytes, 0]))).toThrow("cut short");
});

describe("what does not fit is not packed", () => {
  const [first, second] = good.halves;
  test.each<[string, Partial<Packet>]>([
    ["a negative stream", { stream: -1 }],
    ["a stream beyond two bytes", { stream: 65536 }],
    ["half a stream", { stream: 0.5 }],
    ["a negative epoch", { epoch: -1 }],
    ["an epoch that is no safe integer", { epoch: 2 ** 53 }],
    ["a negative position", { position: -1 }],
    ["a position beyond four bytes", { position: 2 ** 32 }],
    ["no position", { position: NaN }],
    ["a thirteenth frame", { frame: 12 }],
    ["a short key check", { halves: [{ ...first, check: new Uint8Array(7) }, second] }],
    ["a short ciphertext", { halves: [first, { ...second, sealed: new Uint8Array(17) }] }],
    ["a ciphertext beyond a packet", { halves: [first, { ...second, sealed: new Uint8Array(MAX_PACKET_BYTES + 1) }] }],
    ["a copy of itself", { copies: [{ age: 0, halves: good.halves }] }],
    ["a copy too old", { copies: [{ age: 13, halves: good.halves }] }],
    [
      "the same copy twice",
      {
        copies: [
          { age: 2, halves: good.halves },
          { age: 2, halves: good.halves },
        ],
      },
    ],
    ["a packet too long", { halves: [first, { ...second, sealed: new Uint8Array(MAX_PACKET_BYTES - 55) }] }],
  ])("%s", (_name, wrong) => {
    expect(() => pack({ ...good, ...wrong })).toThrow(PacketError);
  });

  test("the longest packet is packed", () => {
    const sealed = new Uint8Array(MAX_PACKET_BYTES - 16 - 2 * 10 - 20);
    const longest = pack({ ...good, halves: [good.halves[0], { ...good.halves[1], sealed }] });
    expect(longest.length).toBe(MAX_PACKET_BYTES);
    expect(unpack(longest).halves[1].sealed.length).toBe(sealed.length);
  });
});

test("another version is refused by its number", () => {
  const bytes = pack(good);
  bytes[0] = 1;
  expect(() => unpack(bytes)).toThrow("version 1");
});

test.each(vectors.packets)("the head of the vectors' packet of stream $stream", (vector) => {
  const packet = unpack(unhex(vector.packet));
  const { stream, epoch, position, frame } = vector;
  expect(packet).toMatchObject({ stream, epoch, position, frame });
  expect(toHex(encodeHead(packet))).toBe(vector.packet.slice(0, 32));
});
