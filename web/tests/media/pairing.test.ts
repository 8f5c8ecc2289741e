import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { MOST_CARRIERS, MOST_PACKETS, Pairing, WINDOW } from "../../src/media/pairing.ts";

interface Tried {
  pairing: Pairing<string, number>;
  sent: [string, number][];
}

function trying(): Tried {
  const sent: [string, number][] = [];
  const pairing = new Pairing<string, number>((carrier, packet) => sent.push([carrier, packet]));
  return { pairing, sent };
}

describe("pairing", () => {
  test("never sends a packet twice, out of order, or with a carrier that was used", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("carrier", "packet", "renew"), { maxLength: 300 }), (events) => {
        const { pairing, sent } = trying();
        events.forEach((event, number) => {
          if (event === "carrier") pairing.carrier(`${number}`);
          else if (event === "packet") pairing.packet(number);
          else pairing.renew();
          expect(pairing.waiting).toBeLessThanOrEqual(MOST_PACKETS);
        });
        const packets = sent.map(([, packet]) => packet);
        expect(packets).toEqual([...packets].sort((one, other) => one - other));
        expect(new Set(packets).size).toBe(packets.length);
        expect(new Set(sent.map(([carrier]) => carrier)).size).toBe(sent.length);
        expect(pairing.counts.paired).toBe(sent.length);
      }),
    );
  });

  test("gives no packet to a carrier of a connection that is gone", () => {
    const { pairing, sent } = trying();
    for (let number = 0; number < MOST_CARRIERS; number++) pairing.carrier(`old ${number}`);
    pairing.renew();
    pairing.packet(0);
    expect(sent).toEqual([]);
    expect(pairing.counts.droppedCarriers).toBe(MOST_CARRIERS);
    pairing.carrier("new"); // what was made while the connection was set up is not sent
    pairing.packet(1);
    expect(sent).toEqual([["new", 1]]);
  });

  test("drops what had to wait for a whole second", () => {
    const { pairing, sent } = trying();
    pairing.carrier("first");
    [0, 1, 2].forEach((packet) => {
      pairing.packet(packet);
    });
    for (let number = 3; number < 3 + 2 * WINDOW; number++) {
      pairing.packet(number);
      pairing.carrier(`${number}`);
    }
    expect(pairing.waiting).toBe(0);
    expect(sent.at(-1)![1]).toBe(2 + 2 * WINDOW);
  });
});
