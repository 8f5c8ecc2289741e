import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { MessageError } from "../../src/protocol/errors.ts";
import {
  encodeClientMessage,
  MAX_MESSAGE,
  parseServerMessage,
  type ServerMessage,
} from "../../src/protocol/messages.ts";
import { liedMessage, SAMPLES, someMessage } from "./servermessages.ts";

const kinds = Object.entries(SAMPLES).flatMap(([type, all]) => all.map((facts) => [type, facts] as const));

/** Returns the message that a text is, or null where it is refused with a `MessageError`; anything else is thrown. */
function messageOrNull(text: string): ServerMessage | null {
  try {
    return parseServerMessage(text);
  } catch (error) {
    if (error instanceof MessageError) return null;
    throw error;
  }
}

describe.each(kinds)("“%s”", (type, facts) => {
  test("is understood", () => {
    const text = JSON.stringify({ type, ...facts });
    const message = parseServerMessage(text);
    expect(message.type).toBe(type);
    expect(JSON.parse(encodeClientMessage(message as never))).toEqual(JSON.parse(text));
  });

  test("with less, or more, is refused", () => {
    for (const name of Object.keys(facts)) {
      const less = Object.fromEntries(Object.entries(facts).filter(([key]) => key !== name));
      expect(() => parseServerMessage(JSON.stringify({ type, ...less })), name).toThrow(MessageError);
    }
    expect(() => parseServerMessage(JSON.stringify({ type, ...facts, more: 1 }))).toThrow(MessageError);
  });
});

test("whatever is changed in a message, it is another one that is allowed, or refused in words", () => {
  const seen = { messages: 0, errors: 0 };
  fc.assert(
    fc.property(liedMessage, (lied) => {
      const text = JSON.stringify(lied);
      const message = messageOrNull(text);
      seen[message === null ? "errors" : "messages"]++;
      if (message !== null) expect(JSON.parse(encodeClientMessage(message as never))).toEqual(JSON.parse(text));
    }),
    { numRuns: 500 },
  );
  expect(Math.min(seen.errors, seen.messages)).toBeGreaterThan(20);
});

test("any other text is refused in words", () => {
  const cut = fc.tuple(someMessage, fc.nat()).map(([message, at]) => {
    const text = JSON.stringify(message);
    return text.slice(0, at % text.length);
  });
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.json(), cut), (text) => {
      expect(messageOrNull(text)).toBeNull();
    }),
    { numRuns: 500 },
  );
});

test.each([
  ["too long", " ".repeat(MAX_MESSAGE) + "{}"],
  ["nested without end", "[".repeat(MAX_MESSAGE)],
  ["nested", "[".repeat(MAX_MESSAGE / 2) + "]".repeat(MAX_MESSAGE / 2)],
  ["a number without end", `{"type": "accepted", "epoch": ${"9".repeat(MAX_MESSAGE / 2)}}`],
  ["a prototype", '{"__proto__": {"type": "lobby"}}'],
  ["a type that all objects have", '{"type": "constructor"}'],
])("a text that is %s is refused", (_name, text) => {
  expect(() => parseServerMessage(text)).toThrow(MessageError);
});

test("what was sent is not repeated in an error, but for where it is wrong", () => {
  const secret = "that-nobody-else-may-see";
  for (const lie of [{ type: secret }, { type: "lobby", hint: secret }, { type: "welcome", welcome: `${secret}!` }]) {
    expect(() => parseServerMessage(JSON.stringify(lie))).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(secret) as string }) as Error,
    );
  }
});
