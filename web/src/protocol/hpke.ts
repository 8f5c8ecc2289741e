/** Sealing to somebody's public key, such as a stream secret to the dealer: HPKE (RFC 9180), base mode. */

import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";

import type { Bytes } from "../keys.ts";
import { concat, utf8 } from "./bytes.ts";

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes128Gcm(),
});

/** Returns what a sealed stream secret is bound to: the label, the call and the speaker, with zeros between them. */
export function sealInfo(callId: string, speakerId: string): Bytes {
  return concat(utf8("earmark/1 call stream"), [0], utf8(callId), [0], utf8(speakerId));
}

/**
 * Returns a stream secret sealed to the dealer, 80 bytes; the counterpart of `open_stream_secret`.
 *
 * @param dealerKey the dealer's X25519 public key, 32 bytes.
 */
export async function sealStreamSecret(
  secret: Bytes,
  dealerKey: Bytes,
  callId: string,
  speakerId: string,
): Promise<Bytes> {
  return sealTo(dealerKey, secret, sealInfo(callId, speakerId));
}

/**
 * Returns what is sealed to a key: the encapsulated key, 32 bytes, then the ciphertext, 16 bytes longer than the plain.
 *
 * @param key X25519, 32 bytes.
 * @param info what it is bound to.
 */
export async function sealTo(key: Bytes, plain: Bytes, info: Bytes): Promise<Bytes> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(key);
  const sender = await suite.createSenderContext({ recipientPublicKey, info });
  const sealed = await sender.seal(plain);
  return concat(new Uint8Array(sender.enc), new Uint8Array(sealed));
}
