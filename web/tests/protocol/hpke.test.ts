import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { describe, expect, test } from "vitest";

import vectors from "../../../tests/vectors/call.json";
import type { Bytes } from "../../src/keys.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { sealInfo, sealStreamSecret } from "../../src/protocol/hpke.ts";
import { unhex } from "../bytes.ts";
import { sample } from "./samples.ts";

const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
const dealer = vectors.stream_secrets[0]!;

/** Opens what was sealed to the dealer of the vectors, as the dealer does. */
async function open(sealed: Bytes, call: string, speaker: string): Promise<Bytes> {
  const recipientKey = await suite.kem.importKey("raw", unhex(dealer.dealer_private_key).buffer, false);
  const context = await suite.createRecipientContext({
    recipientKey,
    enc: sealed.slice(0, 32),
    info: sealInfo(call, speaker),
  });
  return new Uint8Array(await context.open(sealed.slice(32)));
}

test.each(vectors.stream_secrets)("what $by has sealed is opened", async (vector) => {
  expect(toHex(await open(unhex(vector.sealed), vector.call, vector.speaker))).toBe(vector.secret);
});

describe("a sealed stream secret", () => {
  const seal = () => sealStreamSecret(sample("secret"), unhex(dealer.dealer_public_key), "r-1", "anna");

  test("has 80 bytes, others each time, and comes back", async () => {
    const [once, again] = await Promise.all([seal(), seal()]);
    expect(once.length).toBe(80);
    expect(toHex(once)).not.toBe(toHex(again));
    expect(await open(once, "r-1", "anna")).toEqual(sample("secret"));
  });

  test.each([
    ["r-2", "anna"],
    ["r-1", "ben"],
  ])("is of its call and speaker alone, not of %s, %s", async (call, speaker) => {
    await expect(open(await seal(), call, speaker)).rejects.toThrow();
  });
});
