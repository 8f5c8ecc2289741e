/**
 * Safety words: members read them to each other, and whoever hears others is in another group than the one who reads.
 *
 * They come from an exporter of the group's epoch. Six words have 66 bits, and each try costs 600,000 rounds of hashing:
 * somebody between two members would have to make two groups with the same words while they wait. That takes about 2³³
 * tries on either side (a birthday), each of which costs the rounds.
 */

import { entropyToMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";

import type { Bytes } from "../keys.ts";
import { utf8 } from "./bytes.ts";

/** How many words there are. */
export const SAFETY_WORDS = 6;

const ROUNDS = 600_000;
const STRETCHED_BYTES = 16;

/**
 * Returns the safety words of an epoch, of the English list of BIP-39.
 *
 * @param secret the exporter "earmark/1 safety words", 32 bytes.
 * @param callId the call's id.
 */
export async function safetyWords(secret: Bytes, callId: string): Promise<string[]> {
  const key = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveBits"]);
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt: utf8(callId), iterations: ROUNDS };
  const bits = await crypto.subtle.deriveBits(parameters, key, 8 * STRETCHED_BYTES);
  return entropyToMnemonic(new Uint8Array(bits), wordlist).split(" ").slice(0, SAFETY_WORDS);
}
