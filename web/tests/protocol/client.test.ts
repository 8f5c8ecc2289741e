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

describe("a microphone that is being opened", () => {
  const opening = (): ReturnType<typeof connecting> => {
    const all = connecting();
    const member = { id: "anna", name: "Anna", host: true };
    const call = {
      id: "call",
      title: "Board",
      classification: "",
      hosts: ["Anna"],
      rules: { encoded_transform: true as const, max_members: 8, known_devices_only: false, listen_only: false },
    };
    const bytes = new Uint8Array(32);
    all.handle(
      received({
        type: "challenge",
        ...{ call, member, notice: "", ledger_root: "", dealer_key: bytes, challenge: bytes, ice_servers: [] },
      }),
      { type: "consent" },
      { type: "signed", receipt: "", signature: bytes, keyPackage: bytes },
      received({ type: "admitted", group: "create", members: [], streams: [], epoch: 0 }),
      { type: "speak" },
      { type: "group", epoch: 1, members: ["anna"] },
      { type: "sealed", sealed: bytes },
    );
    expect(all.asked.at(-1)).toMatchObject({ do: "send", message: { type: "open" } });
    return all;
  };
  const error = (about: string): Event => received({ type: "error", about, message: "no", hint: "" });

  test("is off again once the server says so", () => {
    const { client, handle } = opening();
    handle(error("open"));
    expect(client.view.speaking).toBe("off");
  });

  test("still opens when the server refuses something else", () => {
    const { client, handle } = opening();
    handle(error("subscribe"));
    expect(client.view.speaking).toBe("starting");
  });
});

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
