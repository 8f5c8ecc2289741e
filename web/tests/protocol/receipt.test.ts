import { expect, test } from "vitest";

import { toBase64url, toHex, utf8 } from "../../src/protocol/bytes.ts";
import { Device, MemoryStore } from "../../src/protocol/device.ts";
import { signReceipt } from "../../src/protocol/receipt.ts";
import { sample } from "./samples.ts";

test("a receipt says what was consented to, signed as it is written", async () => {
  const device = await Device.open(new MemoryStore());
  const receipt = await signReceipt(
    {
      call: "c-1",
      member: "béla",
      notice: "Your copy is marked. Ünderstood?",
      ledgerRoot: "ab".repeat(32),
      nonce: sample("nonce"),
      challenge: sample("challenge"),
    },
    device,
  );
  const notice = await crypto.subtle.digest("SHA-256", utf8("Your copy is marked. Ünderstood?"));
  expect(JSON.parse(receipt.text)).toEqual({
    schema: "earmark.receipt/1",
    call: "c-1",
    member: "béla",
    notice_sha256: toHex(new Uint8Array(notice)),
    ledger_root: "ab".repeat(32),
    nonce: toBase64url(sample("nonce")),
    challenge: toBase64url(sample("challenge")),
  });
  const key = await crypto.subtle.importKey("raw", device.publicKey, "Ed25519", false, ["verify"]);
  expect(await crypto.subtle.verify("Ed25519", key, receipt.signature, utf8(receipt.text))).toBe(true);
});
