/** The receipt by which a person says that they know the call is marked; `earmark.call.receipts` checks it. */

import type { Bytes } from "../keys.ts";
import { toBase64url, toHex, utf8 } from "./bytes.ts";
import type { Device } from "./device.ts";

/** What a receipt is about. */
export interface Consent {
  /** The call's id. */
  readonly call: string;
  /** The member's id. */
  readonly member: string;
  /** The notice, as it was shown. */
  readonly notice: string;
  /** Merkle root of the ledger, as the server has sent it. */
  readonly ledgerRoot: string;
  /** The member's share in their codeword: 32 random bytes, not shown to anybody before. */
  readonly nonce: Bytes;
  /** The server's challenge, 32 bytes. */
  readonly challenge: Bytes;
}

export interface Receipt {
  /** JSON text. */
  readonly text: string;
  /** Ed25519, of the text's UTF-8 bytes, by the device's key; 64 bytes. */
  readonly signature: Bytes;
}

/** Returns the signed receipt. */
export async function signReceipt(consent: Consent, device: Device): Promise<Receipt> {
  const notice = await crypto.subtle.digest("SHA-256", utf8(consent.notice));
  const text = JSON.stringify({
    schema: "earmark.receipt/1",
    call: consent.call,
    member: consent.member,
    notice_sha256: toHex(new Uint8Array(notice)),
    ledger_root: consent.ledgerRoot,
    nonce: toBase64url(consent.nonce),
    challenge: toBase64url(consent.challenge),
  });
  return { text, signature: await device.sign(utf8(text)) };
}
