/** What seals and opens the frames of one variant, at one position, in one epoch. */

import type { Bytes } from "../keys.ts";
import { metadata, placeOf, type Half, type Head } from "./packet.ts";
import { frameSecret, keyCheck, keyId, SEGMENT_FRAMES, type Variant } from "./schedule.ts";
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

/**
 * Seals one Opus frame for the packet at `head`: its own, or a copy of one that came `age` frames before.
 *
 * The key is that of the frame's own segment. Under it each pair of frame and age is used once.
 */
export async function sealHalf(key: FrameKey, head: Head, opus: Bytes, age = 0): Promise<Half> {
  const sealed = await sframeSeal(key.sframe, counter(head, age), metadata(head, key.check), opus);
  return { check: key.check, sealed };
}

/** Returns the Opus frame that a half of the packet at `head` holds; null where it is not of this key, head and age. */
export function openHalf(key: FrameKey, head: Head, half: Half, age = 0): Promise<Bytes | null> {
  return sframeOpen(key.sframe, counter(head, age), metadata(head, key.check), half.sealed);
}

/** SFrame's CTR: 12 · age + the number of the frame in its own segment. */
function counter(head: Head, age: number): bigint {
  return BigInt(SEGMENT_FRAMES * age + ((placeOf(head) - age) % SEGMENT_FRAMES));
}
