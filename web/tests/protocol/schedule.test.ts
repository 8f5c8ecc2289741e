import { describe, expect, test } from "vitest";

import vectors from "../../../tests/vectors/call.json";
import { toHex } from "../../src/protocol/bytes.ts";
import {
  BLOCK_POSITIONS,
  firstChain,
  frameSecret,
  keyCheck,
  keyId,
  markKey,
  nextChain,
  PositionKeys,
} from "../../src/protocol/schedule.ts";
import { unhex } from "../bytes.ts";
import { sample } from "./samples.ts";

describe.each(vectors.streams)("the stream of the vectors, $mark_key", (vector) => {
  const secret = unhex(vector.secret);

  test("has the published mark key", async () => {
    expect(toHex(await markKey(secret))).toBe(vector.mark_key);
  });

  test("has the published chains", async () => {
    let chain = await firstChain(secret);
    for (const published of vector.chains) {
      expect(toHex(chain)).toBe(published);
      chain = await nextChain(chain);
    }
  });

  test("has the published position keys", async () => {
    const keys = new PositionKeys(secret);
    for (const { position, keys: published } of vector.positions) {
      expect((await keys.at(position)).map(toHex)).toEqual(published);
    }
  });
});

test.each(vectors.frames)("frame secret and key check at position $position", async (vector) => {
  const secret = await frameSecret(unhex(vector.position_key), unhex(vector.epoch_secret));
  expect(toHex(secret)).toBe(vector.frame_secret);
  expect(toHex(await keyCheck(secret))).toBe(vector.key_check);
});

test("keys of a block that is past are gone", async () => {
  const keys = new PositionKeys(sample("stream"));
  await keys.at(BLOCK_POSITIONS);
  await expect(keys.at(BLOCK_POSITIONS - 1)).rejects.toThrow(RangeError);
});

test("blocks may be skipped, and are the same then", async () => {
  const step = new PositionKeys(sample("stream"));
  await step.at(0);
  await step.at(BLOCK_POSITIONS);
  const far = 2 * BLOCK_POSITIONS + 5;
  expect(await step.at(far)).toEqual(await new PositionKeys(sample("stream")).at(far));
});

test("every variant at every position has a number of its own", () => {
  expect([keyId(0, 0), keyId(0, 1), keyId(1, 0), keyId(2 ** 32 - 1, 1)]).toEqual([0, 1, 2, 2 ** 33 - 1]);
});
