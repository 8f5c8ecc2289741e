import { hexToBytes } from "@noble/hashes/utils.js";

import type { Bytes } from "../src/keys.ts";

/** Returns the bytes that hexadecimal digits stand for, in a buffer of their own, as WebCrypto wants them. */
export function unhex(digits: string): Bytes {
  return new Uint8Array(hexToBytes(digits));
}
