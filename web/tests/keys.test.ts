import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";

import { derive, keystream } from "../src/keys.ts";
import vectors from "../../tests/vectors/keys.json";
import text from "../../tests/vectors/keys.json?raw";
import { unhex } from "./bytes.ts";

describe("derive", () => {
  test.each(vectors.derive)("gives the published key for $label", async ({ secret, label, context, key }) => {
    expect(bytesToHex(await derive(unhex(secret), label, unhex(context)))).toBe(key);
  });

  test.each([0, 16, 31, 33])("refuses a secret of %i bytes", async (length) => {
    await expect(derive(new Uint8Array(length), "earmark/1 test")).rejects.toThrow(`not ${length}`);
  });
});

/** The numbers of the vectors' first blocks, exactly: JSON.parse would round those above 2⁵³. */
const firstBlocks = [...text.matchAll(/"first_block": (\d+)/g)].map((match) => BigInt(match[1]!));

describe("keystream", () => {
  test.each(vectors.keystream.map((vector, number) => [number, vector] as const))(
    "gives the published stream, vector %i",
    async (number, vector) => {
      const stream = await keystream(unhex(vector.key), firstBlocks[number]!, vector.blocks);
      expect(bytesToHex(stream)).toBe(vector.stream);
    },
  );

  test("gives any stretch by itself", async () => {
    const key = new Uint8Array(32).fill(7);
    const whole = await keystream(key, 0, 9);
    expect(await keystream(key, 4, 5)).toEqual(whole.slice(64));
  });
});
