import fc from "fast-check";
import { describe, expect, test } from "vitest";

import call from "../../../tests/vectors/call.json";
import vectors from "../../../tests/vectors/sframe.json";
import { toHex } from "../../src/protocol/bytes.ts";
import { decodeHeader, encodeHeader, sframeKey, sframeOpen, sframeSeal } from "../../src/protocol/sframe.ts";
import { unhex } from "../bytes.ts";
import { anyBytes, sample } from "./samples.ts";

const numbers = fc.bigInt(0n, 2n ** 64n - 1n);

describe("headers", () => {
  test("are those of RFC 9605", () => {
    expect(vectors.headers.length).toBeGreaterThan(200);
    for (const vector of vectors.headers) {
      const [kid, ctr] = [BigInt(`0x${vector.kid}`), BigInt(`0x${vector.ctr}`)];
      expect(toHex(encodeHeader(kid, ctr))).toBe(vector.encoded);
      expect(decodeHeader(unhex(vector.encoded))).toEqual({ kid, ctr, length: vector.encoded.length / 2 });
    }
  });

  test("come back as they were, whatever follows", () => {
    fc.assert(
      fc.property(numbers, numbers, anyBytes(5), (kid, ctr, rest) => {
        const header = encodeHeader(kid, ctr);
        expect(decodeHeader(new Uint8Array([...header, ...rest]))).toEqual({ kid, ctr, length: header.length });
      }),
    );
  });

  test("that are none, or longer than they need to be, are none", () => {
    fc.assert(
      fc.property(anyBytes(20), (bytes) => {
        const header = decodeHeader(bytes);
        if (header === null) return;
        expect(encodeHeader(header.kid, header.ctr)).toEqual(bytes.slice(0, header.length));
      }),
    );
    expect(decodeHeader(new Uint8Array())).toBeNull();
    expect(decodeHeader(unhex("0807"))).toBeNull();
    expect(decodeHeader(unhex("900001"))).toBeNull();
    expect(decodeHeader(unhex("99012345"))).toBeNull();
  });
});

describe("cipher suite 4", () => {
  const vector = vectors.sframe[0]!;
  const [kid, ctr] = [BigInt(vector.kid), BigInt(vector.ctr)];

  test("gives the ciphertext of RFC 9605, and opens it", async () => {
    const key = await sframeKey(unhex(vector.base_key), kid);
    const metadata = unhex(vector.metadata);
    expect(toHex(key.salt)).toBe(vector.sframe_salt);
    expect(toHex(await sframeSeal(key, ctr, metadata, unhex(vector.pt)))).toBe(vector.ct);
    expect(toHex((await sframeOpen(key, ctr, metadata, unhex(vector.ct)))!)).toBe(vector.pt);
  });

  test.each(call.frames)("derives the published salt at position $position", async (frame) => {
    const key = await sframeKey(unhex(frame.frame_secret), BigInt(2 * frame.position + frame.variant));
    expect(toHex(key.salt)).toBe(frame.sframe_salt);
    expect(key.key.extractable).toBe(false);
  });

  test("opens nothing of another key, number, counter or metadata, nor anything cut short", async () => {
    const [base, metadata] = [sample("base"), sample("metadata", 24)];
    const key = await sframeKey(base, 9n);
    const sealed = await sframeSeal(key, 3n, metadata, sample("opus", 80));
    expect(await sframeOpen(key, 3n, metadata, sealed)).toEqual(sample("opus", 80));
    expect(await sframeOpen(await sframeKey(sample("other"), 9n), 3n, metadata, sealed)).toBeNull();
    expect(await sframeOpen(await sframeKey(base, 8n), 3n, metadata, sealed)).toBeNull();
    expect(await sframeOpen(key, 4n, metadata, sealed)).toBeNull();
    expect(await sframeOpen(key, 3n, sample("metadata", 23), sealed)).toBeNull();
    for (let length = 0; length < sealed.length; length++) {
      expect(await sframeOpen(key, 3n, metadata, sealed.slice(0, length))).toBeNull();
    }
  });
});
