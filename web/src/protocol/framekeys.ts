/** What seals and opens the frames of one variant, at one position, in one epoch. */

import type { Bytes } from "../keys.ts";
import { metadata, type Half, type Head } from "./packet.ts";
import { frameSecret, keyCheck, keyId, type Variant } from "./schedule.ts";
import { sframeKey, sframeOpen, sframeSeal, type SFrameKey } from "./sframe.ts";

export interface FrameKey {
  /** The key check that goes with every frame under this key, 8 bytes. */
  readonly check: Bytes;
  readonly sframe: SFrameKey;
}

/** Derives the key of the frames of one variant at one position; both secrets have 32 bytes. */
export async function frameKey(
  positionKey: Bytes,
  epochSecret: Bytes,
  position: number,
  variant: Variant,
): Promise<FrameKey> {
  const secret = await frameSecret(positionKey, epochSecret);
  const [check, sframe] = await Promise.all([keyCheck(secret), sframeKey(secret, BigInt(keyId(position, variant)))]);
  return { check, sframe };
}

/** Seals one Opus frame that belongs at `head`. */
export async function sealHalf(key: FrameKey, head: Head, opus: Bytes): Promise<Half> {
  const sealed = await sframeSeal(key.sframe, BigInt(head.frame), metadata(head, key.check), opus);
  return { check: key.check, sealed };
}

/** Returns the Opus frame at `head` that a half holds; null where it is not of this key and head. */
export function openHalf(key: FrameKey, head: Head, half: Half): Promise<Bytes | null> {
  return sframeOpen(key.sframe, BigInt(head.frame), metadata(head, key.check), half.sealed);
}
