import fc from "fast-check";
import { expect, test } from "vitest";

import { concat, equal, fromBase64url, toBase64url, toHex, utf8 } from "../../src/protocol/bytes.ts";
import { MessageError } from "../../src/protocol/errors.ts";
import { anyBytes } from "./samples.ts";

test("base64url comes back as it was", () => {
  fc.assert(fc.property(anyBytes(70), (bytes) => equal(fromBase64url(toBase64url(bytes)), bytes)));
});

test("base64url is that of RFC 4648, without padding", () => {
  expect(toBase64url(new Uint8Array([0xfb, 0xff, 0xbf, 0x01]))).toBe("-_-_AQ");
});

test("each string of bytes has one text: any other is refused", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      try {
        expect(toBase64url(fromBase64url(text))).toBe(text);
      } catch (error) {
        expect(error).toBeInstanceOf(MessageError);
      }
    }),
  );
});

test.each(["A", "AB", "AQ==", "+/+/", "A Q"])("%j is refused", (text) => {
  expect(() => fromBase64url(text)).toThrow(MessageError);
});

test("parts follow one another", () => {
  expect(concat([1], new Uint8Array([2, 3]), [])).toEqual(new Uint8Array([1, 2, 3]));
  expect(toHex(utf8("é\n"))).toBe("c3a90a");
  expect(equal(new Uint8Array([1]), new Uint8Array([1, 2]))).toBe(false);
});
