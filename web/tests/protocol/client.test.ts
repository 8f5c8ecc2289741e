import { describe, expect, test } from "vitest";

import { Client } from "../../src/protocol/client.ts";
import type { Command, Event } from "../../src/protocol/events.ts";
import type { OpenedStream, RosterLine, ServerMessage, ServerMessageOf } from "../../src/protocol/messages.ts";

const IDENTITY = { token: "t", device: new Uint8Array(32), encodedTransform: true, userAgent: "test" };

const CHALLENGE: ServerMessageOf<"challenge"> = {
  type: "challenge",
  call: {
    id: "call",
    title: "Board",
    classification: "",
    hosts: ["Anna"],
    rules: { encoded_transform: true, max_members: 8, known_devices_only: false, listen_only: false },
  },
  member: { id: "anna", name: "Anna", host: true },
  notice: "",
  ledger_root: "",
  dealer_key: new Uint8Array(32),
  challenge: new Uint8Array(32),
  ice_servers: [],
};
const STREAM: OpenedStream = {
  type: "opened",
  stream: 1,
  member: "ben",
  block_positions: 1024,
  segment_ms: 240,
  slot_ms: 20,
  depth: 0.36,
};

const BEN: RosterLine = {
  id: "ben",
  name: "Ben",
  host: false,
  muted: false,
  speaking_stream: 2,
  keeping: false,
  doubts: [],
};

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
    const bytes = new Uint8Array(32);
    all.handle(
      received(CHALLENGE),
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

test("whoever agreed comes again by themselves where that could not be put on record", () => {
  const { client, asked, handle } = connecting();
  handle(received(CHALLENGE), { type: "consent" });
  handle(received({ type: "ended", reason: "unrecorded", hint: "" }));
  expect(client.view).toMatchObject({ phase: "reconnecting", over: null });
  expect(client.view.problem?.message).toContain("put on record");
  const before = asked.length;
  handle({ type: "timer", timer: "reconnect" }, { type: "connected" }, received(CHALLENGE));
  expect(client.view.phase).toBe("entering");
  expect(asked.slice(before).map((command) => command.do)).toContain("sign");
});

describe("a client that loses its server", () => {
  const inside: Event[] = [
    received(CHALLENGE),
    { type: "consent" },
    received({ type: "admitted", group: "create", members: [], streams: [], epoch: 0 }),
    { type: "group", epoch: 0, members: ["anna"] },
  ];
  const does = (asked: readonly Command[]): string[] => asked.map((command) => command.do);

  /** A client that speaks to one other person, and has just lost its server. */
  const adrift = (...meanwhile: Event[]): ReturnType<typeof connecting> & { lost: () => readonly Command[] } => {
    const all = connecting();
    all.handle(...inside, { type: "speak" }, { type: "sealed", sealed: new Uint8Array(80) });
    all.handle(received({ ...STREAM, member: "anna" }));
    all.handle(received({ type: "roster", members: [BEN], locked: false, committer: "" }), ...meanwhile);
    const before = all.asked.length;
    all.handle({ type: "disconnected" });
    return { ...all, lost: () => all.asked.slice(before) };
  };

  test("hears others and is heard as long as the relay carries it, and shows so", () => {
    const { client, handle, lost } = adrift();
    handle({ type: "timer", timer: "reconnect" }, { type: "disconnected" }, { type: "timer", timer: "reconnect" });
    expect(does(lost())).not.toContain("stop stream");
    expect(does(lost())).not.toContain("close all");
    expect(client.view.speaking).toBe("on");
    expect(client.view.members.map(({ id }) => id)).toEqual(["ben"]);
    expect(client.view.problem?.message).toContain("no connection");
  });

  test("says nothing to a server that it has only just found again but who comes", () => {
    const { handle, lost } = adrift();
    handle({ type: "timer", timer: "reconnect" }, { type: "connected" });
    handle({ type: "at", stream: 1, position: 50 }, { type: "broken", stream: 1 }, { type: "broken", stream: 2 });
    handle({ type: "mute", muted: true }, { type: "keep", kept: true }, { type: "stop" });
    const said = lost().flatMap((command) => (command.do === "send" ? [command.message.type] : []));
    expect(said).toEqual(["hello"]);
  });

  test("is silent once the person has closed their microphone", () => {
    const { client, handle, lost } = adrift();
    handle({ type: "stop" });
    expect(lost()).toContainEqual({ do: "stop stream", stream: 1 });
    expect(client.view.speaking).toBe("off");
  });

  test("keeps nothing more of what is said", () => {
    const keeping = received({ type: "keeping", stream: 1, key: new Uint8Array(32), next: 0 });
    const { handle, lost } = adrift({ type: "keep", kept: true }, keeping);
    const spoken = { stream: 1, first: 0, bitmap: new Uint8Array(1), frames: [] };
    handle({ type: "spoken", spoken: spoken as never });
    expect(does(lost())).toContain("drop speech");
    expect(does(lost())).not.toContain("seal speech");
  });

  test("ends that stream when it is back, before it begins another", () => {
    const { handle, lost } = adrift();
    handle({ type: "timer", timer: "reconnect" }, { type: "connected" }, inside[0]!);
    expect(does(lost())).not.toContain("stop stream");
    handle(inside[2]!, inside[3]!);
    const all = does(lost());
    expect(all.indexOf("stop stream")).toBeGreaterThan(all.indexOf("sign"));
    expect(all.indexOf("seal secret")).toBeGreaterThan(all.indexOf("stop stream"));
  });

  test("takes what it is offered when it is back, and leaves what it heard until then", () => {
    const { asked, handle } = connecting();
    handle(...inside, { type: "disconnected" }, { type: "timer", timer: "reconnect" }, { type: "connected" });
    const before = asked.length;
    handle(inside[0]!, received({ type: "admitted", group: "wait", members: [], streams: [STREAM], epoch: 1 }));
    const back = does(asked.slice(before));
    expect(back.indexOf("close all")).toBeGreaterThanOrEqual(0);
    expect(back.indexOf("close all")).toBeLessThan(back.lastIndexOf("send"));
  });

  test.each<[string, Event]>([
    ["has to wait in the lobby", received({ type: "lobby" })],
    ["is not let in", received({ type: "refused", reason: "host", hint: "" })],
    ["finds the call over", received({ type: "ended", reason: "ended", hint: "" })],
    ["leaves", { type: "leave" }],
  ])("hears nothing more when it %s", (_what, event) => {
    const { asked, handle } = connecting();
    handle(
      ...inside,
      { type: "disconnected" },
      { type: "timer", timer: "reconnect" },
      { type: "connected" },
      inside[0]!,
    );
    const before = asked.length;
    handle(event);
    expect(does(asked.slice(before))).toContain("close all");
  });

  test.each<[string, Event]>([
    ["has to wait in the lobby", received({ type: "lobby" })],
    ["is not let in", received({ type: "refused", reason: "host", hint: "" })],
    ["leaves", { type: "leave" }],
  ])("says nothing more when it %s", (_what, event) => {
    const { client, handle, lost } = adrift();
    handle({ type: "timer", timer: "reconnect" }, { type: "connected" }, inside[0]!, event);
    expect(does(lost())).toContain("stop stream");
    expect(client.view.members).toEqual([]);
    expect(client.view.stream).toBeNull();
  });

  test("and is shown another notice than before, hears nothing more until it has consented to that", () => {
    const { client, asked, handle } = connecting();
    handle(...inside, { type: "disconnected" }, { type: "timer", timer: "reconnect" }, { type: "connected" });
    const before = asked.length;
    handle(received({ ...CHALLENGE, notice: "Something else." }));
    expect(does(asked.slice(before))).toContain("close all");
    expect(client.view.phase).toBe("notice");
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
