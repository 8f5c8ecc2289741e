import { wordlist } from "@scure/bip39/wordlists/english.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect, test } from "vitest";

import { SAFETY_WORDS, safetyWords } from "../../src/protocol/words.ts";
import { sample } from "./samples.ts";

test("words are the first 66 bits of the stretched secret, eleven for each", async () => {
  const stretched = pbkdf2(sha256, sample("exporter"), "c-1", { c: 600_000, dkLen: 16 });
  const bits = Array.from(stretched, (byte) => byte.toString(2).padStart(8, "0")).join("");
  const expected = Array.from(
    { length: SAFETY_WORDS },
    (_, i) => wordlist[parseInt(bits.slice(11 * i, 11 * i + 11), 2)],
  );
  expect(await safetyWords(sample("exporter"), "c-1")).toEqual(expected);
}, 30_000);

test("other secrets and other calls have other words", async () => {
  const words = await safetyWords(sample("exporter"), "c-1");
  expect(await safetyWords(sample("other"), "c-1")).not.toEqual(words);
  expect(await safetyWords(sample("exporter"), "c-2")).not.toEqual(words);
});
