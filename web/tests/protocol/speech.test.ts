import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { describe, expect, test } from "vitest";

import vectors from "../../../tests/vectors/call.json";
import type { Bytes } from "../../src/keys.ts";
import { concat, toHex, utf8 } from "../../src/protocol/bytes.ts";
import { packSpoken, type Spoken, SpeechSealer } from "../../src/protocol/speech.ts";
import { unhex } from "../bytes.ts";
import { newDevice } from "./people.ts";
import { sample } from "./samples.ts";

const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });
const vault = vectors.speech[0]!;
const OF = { call: "r-1", speaker: "anna", stream: 3 };
const SPOKEN: Spoken = { stream: 3, position: 7, frame: 11, frames: [sample("a", 80), null, sample("b", 80)] };

/** Opens a piece as the vault does. */
async function open(sealed: Bytes, call: string, speaker: string, stream: number, number: number): Promise<Bytes> {
  const recipientKey = await suite.kem.importKey("raw", unhex(vault.vault_private_key).buffer, false);
  const info = utf8(["earmark/1 call speech", call, speaker, stream, number].join("\0"));
  const context = await suite.createRecipientContext({ recipientKey, enc: sealed.slice(0, 32), info });
  return new Uint8Array(await context.open(sealed.slice(32)));
}

async function verified(
  device: Bytes,
  signature: Bytes,
  sealed: Bytes,
  ...place: (string | number)[]
): Promise<boolean> {
  const key = await crypto.subtle.importKey("raw", device, "Ed25519", false, ["verify"]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", sealed));
  const text = concat(utf8(["earmark/1 call speech piece", ...place].join("\0")), [0], digest);
  return crypto.subtle.verify("Ed25519", key, signature, text);
}

describe.each(vectors.speech)("what $by has sealed", (vector) => {
  const place = [vector.call, vector.speaker, vector.stream, vector.number] as const;
  const frames = vector.frames.map((frame) => (frame === "" ? null : unhex(frame)));

  test("is opened, and is what this program packs", async () => {
    expect(toHex(await open(unhex(vector.sealed), ...place))).toBe(vector.plain);
    const { stream, position, frame } = vector;
    expect(toHex(packSpoken({ stream, position, frame, frames }))).toBe(vector.plain);
  });

  test("is signed by the device", async () => {
    const device = unhex(vector.device_public_key);
    expect(await verified(device, unhex(vector.signature), unhex(vector.sealed), ...place)).toBe(true);
  });
});

describe("pieces", () => {
  test("are numbered on from what the vault has, and come back one by one", async () => {
    const device = await newDevice();
    const sealer = new SpeechSealer(device, unhex(vault.vault_public_key), OF, 5);
    for (const number of [5, 6, 7]) {
      const piece = await sealer.seal(SPOKEN);
      expect([piece.stream, piece.number]).toEqual([3, number]);
      expect(await open(piece.sealed, "r-1", "anna", 3, number)).toEqual(packSpoken(SPOKEN));
      expect(await verified(device.publicKey, piece.signature, piece.sealed, "r-1", "anna", 3, number)).toBe(true);
      await expect(open(piece.sealed, "r-1", "anna", 3, number + 1)).rejects.toThrow();
    }
  });

  test("hide what is in them, and are never twice the same", async () => {
    const sealer = new SpeechSealer(await newDevice(), unhex(vault.vault_public_key), OF, 0);
    const [one, other] = [await sealer.seal(SPOKEN), await sealer.seal(SPOKEN)];
    expect(toHex(one.sealed)).not.toContain(toHex(sample("a", 80)));
    expect(toHex(one.sealed)).not.toBe(toHex(other.sealed));
    expect(one.sealed.length).toBe(other.sealed.length);
  });

  test.each([
    { ...SPOKEN, position: -1 },
    { ...SPOKEN, position: 2 ** 32 },
    { ...SPOKEN, frame: 12 },
    { ...SPOKEN, frames: [sample("long", 401)] },
  ])("are of places that there are, and of frames that are short enough", (spoken) => {
    expect(() => packSpoken(spoken)).toThrow();
  });
});
