import { expect, test } from "vitest";

import { Openers } from "../../src/protocol/openers.ts";
import { Sealer } from "../../src/protocol/sealer.ts";
import { dealt, epoch, sample } from "./samples.ts";

const SECRETS = [sample("first stream"), sample("second stream")] as const;
const FRAMES = [sample("opus 0", 80), sample("opus 1", 80)] as const;

async function packetOf(stream: 0 | 1, epochNumber: number, position = 0) {
  const sealer = new Sealer(stream, SECRETS[stream]);
  sealer.setEpoch(epoch(epochNumber));
  return sealer.seal(position, 0, FRAMES);
}

test("packets go to their own stream, whenever its keys and the epochs came", async () => {
  const openers = new Openers();
  openers.setEpoch(epoch(1));
  openers.addKeys(0, await dealt(SECRETS[0], 0, [0, 0]));
  openers.setEpoch(epoch(2));
  openers.addKeys(1, await dealt(SECRETS[1], 0, [1, 1]));
  expect((await openers.open(await packetOf(0, 2))).opus).toEqual(FRAMES[0]);
  expect(await openers.open(await packetOf(1, 1))).toMatchObject({ opus: FRAMES[1], head: { stream: 1, position: 0 } });
  openers.setEpoch(epoch(3));
  expect(await openers.open(await packetOf(0, 1, 1))).toEqual({ opus: null, refusal: "no epoch" });
  expect((await openers.open(await packetOf(1, 2, 1))).opus).toEqual(FRAMES[1]);
});

test("a stream that is over, or has no keys, gives nothing; nor do bytes that are no packet", async () => {
  const openers = new Openers();
  openers.setEpoch(epoch(1));
  openers.addKeys(0, await dealt(SECRETS[0], 0, [0]));
  expect(await openers.open(await packetOf(1, 1))).toEqual({ opus: null, refusal: "stream" });
  expect(openers.of(0)?.keysUntil).toBe(0);
  openers.drop(0);
  openers.addKeys(0, await dealt(SECRETS[0], 0, [0]));
  expect(openers.of(0)).toBeUndefined();
  expect(await openers.open(await packetOf(0, 1))).toEqual({ opus: null, refusal: "stream" });
  expect(await openers.open(new Uint8Array(5))).toEqual({ opus: null, refusal: "malformed" });
});
