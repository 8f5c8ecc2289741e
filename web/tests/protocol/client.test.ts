import { describe, expect, test } from "vitest";

import { Client } from "../../src/protocol/client.ts";
import type { Command, Event } from "../../src/protocol/events.ts";
import type { ServerMessage } from "../../src/protocol/messages.ts";

const IDENTITY = { token: "t", device: new Uint8Array(32), encodedTransform: true, userAgent: "test" };

/** A client that is connecting, and what it has asked for since it began. */
function connecting(): { client: Client; asked: Command[]; handle: (...events: Event[]) => void } {
  const client = new Client(IDENTITY, () => 0.5);
  const asked: Command[] = [];
  const handle = (...events: Event[]): void => {
    for (const event of events) asked.push(...client.handle(event, 0));
  };
  handle({ type: "start" }, { type: "connected" });
  return { client, asked, handle };
}

function received(message: ServerMessage): Event {
  return { type: "received", message };
}

function servers(asked: readonly Command[]): string[] {
  return asked.flatMap((command) => (command.do === "connect" ? [command.server] : []));
}

describe("a client that is told that another server holds the call", () => {
  test("asks that server next, and any server after that", () => {
    const { client, asked, handle } = connecting();
    const retry: Event = { type: "timer", timer: "reconnect" };
    handle(received({ type: "elsewhere", server: "b" }));
    expect(client.view.phase).toBe("reconnecting");
    handle(retry);
    expect(servers(asked)).toEqual(["", "b"]);
    handle({ type: "disconnected" }, retry);
    expect(servers(asked)).toEqual(["", "b", ""]);
  });

  test("waits longer each time, so that two servers who name each other are not asked for ever", () => {
    const { asked, handle } = connecting();
    for (let round = 0; round < 8; round++) {
      handle(
        received({ type: "elsewhere", server: "b" }),
        { type: "timer", timer: "reconnect" },
        { type: "connected" },
      );
    }
    const waits = asked.flatMap((command) =>
      command.do === "after" && command.timer === "reconnect" ? [command.ms] : [],
    );
    expect(waits).toEqual([...waits].sort((one, other) => one - other));
    expect(waits.at(-1)).toBeGreaterThan(10 * waits[0]!);
  });

  test("stays where it is once it was refused", () => {
    const { client, asked, handle } = connecting();
    handle(received({ type: "refused", reason: "host", hint: "" }));
    const before = asked.length;
    handle(received({ type: "elsewhere", server: "b" }));
    expect(client.view.phase).toBe("over");
    expect(asked.length).toBe(before);
  });
});
