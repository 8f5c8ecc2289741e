/**
 * SFrame (RFC 9605) with cipher suite 4, AES_128_GCM_SHA256_128: header, key derivation, sealing and opening.
 *
 * Names follow the RFC: KID tells which key, CTR makes the nonce, metadata is authenticated but not sent.
 */

import type { Bytes } from "../keys.ts";
import { concat, utf8 } from "./bytes.ts";

const CIPHER_SUITE = 4;
const KEY_BYTES = 16;
const NONCE_BYTES = 12;

/** Bytes of AES-GCM's tag, at the end of each ciphertext. */
export const TAG_BYTES = 16;

/** The key and salt that one base key gives under one KID (section 4.4.2). */
export interface SFrameKey {
  readonly kid: bigint;
  /** For AES-GCM; it cannot be exported. */
  readonly key: CryptoKey;
  readonly salt: Bytes;
}

/** An SFrame header (section 4.3). */
export interface SFrameHeader {
  readonly kid: bigint;
  readonly ctr: bigint;
  /** Bytes the header takes, 1 to 17. */
  readonly length: number;
}

/** Derives the key and salt of a base key, which may have any length but 0 (section 4.4.2). */
export async function sframeKey(baseKey: Bytes, kid: bigint): Promise<SFrameKey> {
  const secret = await crypto.subtle.importKey("raw", baseKey, "HKDF", false, ["deriveBits"]);
  const context = new Uint8Array(10);
  new DataView(context.buffer).setBigUint64(0, kid);
  new DataView(context.buffer).setUint16(8, CIPHER_SUITE);
  const [raw, salt] = await Promise.all([
    expand(secret, concat(utf8("SFrame 1.0 Secret key "), context), KEY_BYTES),
    expand(secret, concat(utf8("SFrame 1.0 Secret salt "), context), NONCE_BYTES),
  ]);
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  return { kid, key, salt };
}

/** Returns the SFrame ciphertext: header, encrypted plaintext, tag (section 4.4.3). */
export async function sframeSeal(key: SFrameKey, ctr: bigint, metadata: Bytes, plaintext: Bytes): Promise<Bytes> {
  const header = encodeHeader(key.kid, ctr);
  const sealed = await crypto.subtle.encrypt(parameters(key, ctr, concat(header, metadata)), key.key, plaintext);
  return concat(header, new Uint8Array(sealed));
}

/** Returns the plaintext (section 4.4.4), or null where the ciphertext is not of this key, CTR and metadata. */
export async function sframeOpen(key: SFrameKey, ctr: bigint, metadata: Bytes, sealed: Bytes): Promise<Bytes | null> {
  const header = decodeHeader(sealed);
  if (header?.kid !== key.kid || header.ctr !== ctr || sealed.length < header.length + TAG_BYTES) return null;
  const aad = concat(sealed.subarray(0, header.length), metadata);
  try {
    const opened = crypto.subtle.decrypt(parameters(key, ctr, aad), key.key, sealed.subarray(header.length));
    return new Uint8Array(await opened);
  } catch {
    return null;
  }
}

/** Encodes a header; both numbers are 0 to 2⁶⁴ − 1. Those up to 7 are in the first byte. */
export function encodeHeader(kid: bigint, ctr: bigint): Bytes {
  const [kidBits, kidBytes] = encodeNumber(kid);
  const [ctrBits, ctrBytes] = encodeNumber(ctr);
  return concat([(kidBits << 4) | ctrBits], kidBytes, ctrBytes);
}

/** Decodes the header at the start of `bytes`; null where there is none, or one longer than its numbers need. */
export function decodeHeader(bytes: Uint8Array): SFrameHeader | null {
  const config = bytes[0];
  if (config === undefined) return null;
  const kidField = decodeNumber(bytes, config >> 4, 1);
  if (kidField === null) return null;
  const ctrField = decodeNumber(bytes, config & 15, kidField.end);
  if (ctrField === null) return null;
  return { kid: kidField.value, ctr: ctrField.value, length: ctrField.end };
}

/** Four bits, the first of which says whether the others are the number itself or its length less one; and its bytes. */
function encodeNumber(value: bigint): [number, number[]] {
  if (value < 8n) return [Number(value), []];
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 255n));
  return [8 | (bytes.length - 1), bytes];
}

function decodeNumber(bytes: Uint8Array, bits: number, start: number): { value: bigint; end: number } | null {
  if (bits < 8) return { value: BigInt(bits), end: start };
  const end = start + (bits & 7) + 1;
  if (bytes.length < end) return null;
  const value = bytes.subarray(start, end).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const shortest = encodeNumber(value)[1].length === end - start;
  return shortest ? { value, end } : null;
}

async function expand(secret: CryptoKey, info: Bytes, length: number): Promise<Bytes> {
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return new Uint8Array(await crypto.subtle.deriveBits(hkdf, secret, 8 * length));
}

/** The nonce is the salt XOR the counter, which counts in its last eight bytes. */
function parameters(key: SFrameKey, ctr: bigint, additionalData: Bytes): AesGcmParams {
  const iv = key.salt.slice();
  const last = new DataView(iv.buffer, NONCE_BYTES - 8);
  last.setBigUint64(0, last.getBigUint64(0) ^ ctr);
  return { name: "AES-GCM", iv, additionalData };
}
