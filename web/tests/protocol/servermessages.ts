/** What the server says, one message of each kind, and what somebody might make of them who lies. */

import fc from "fast-check";

import { toBase64url } from "../../src/protocol/bytes.ts";
import type { ServerMessage } from "../../src/protocol/messages.ts";
import { sample } from "./samples.ts";

/** A message as it is on the wire, but for its type. */
export type Facts = Record<string, unknown>;

const line = { id: "ben", name: "Ben", host: false, muted: false, speaking_stream: 1, keeping: false, doubts: [] };
const opened = { stream: 1, member: "ben", block_positions: 1024, segment_ms: 240, slot_ms: 20, depth: 0.36 };
const own = { ...opened, stream: 2, member: "anna" };

/** A message of each kind; of some, several that mean different things. */
export const SAMPLES: Record<ServerMessage["type"], readonly [Facts, ...Facts[]]> = {
  challenge: [
    {
      call: {
        id: "c-test",
        title: "Board",
        classification: "",
        rules: { encoded_transform: true, known_devices_only: false, listen_only: false, max_members: 100 },
        hosts: ["Ben"],
      },
      member: { id: "anna", name: "Anna", host: false },
      notice: "You are marked.",
      ledger_root: "0".repeat(64),
      dealer_key: toBase64url(sample("dealer")),
      challenge: toBase64url(sample("challenge")),
      ice_servers: [{ urls: ["turn:calls.example"], username: "1", credential: "x" }],
    },
  ],
  refused: [{ reason: "full", hint: "" }],
  elsewhere: [{ server: "b" }],
  lobby: [{}],
  waiting: [{ members: [{ id: "cleo", name: "Cleo" }] }],
  admitted: [
    { group: "create", members: [line], streams: [{ type: "opened", ...opened }], epoch: 0 },
    { group: "wait", members: [], streams: [{ type: "opened", ...own }], epoch: 3 },
  ],
  roster: [{ members: [line, { ...line, id: "anna", doubts: ["alike"] }], locked: true, committer: "ben" }],
  change: [{ adds: [{ member: "cleo", key_package: toBase64url(sample("package")) }], removes: ["dora"], epoch: 0 }],
  committed: [{ epoch: 0, commit: toBase64url(sample("commit", 99)), sender: "ben" }],
  accepted: [{ epoch: 1 }],
  stale: [{ epoch: 1 }],
  welcome: [{ welcome: toBase64url(sample("welcome", 99)), epoch: 1 }],
  opened: [opened, own],
  closed: [{ stream: 1 }, { stream: 2 }],
  republish: [{ stream: 2 }],
  loss: [{ stream: 2, most: 10, middle: 5 }],
  published: [{ stream: 2, offer: 0, sdp: "v=0" }],
  offer: [{ stream: 1, offer: 1, sdp: "v=0" }],
  keys: [{ stream: 1, first: 0, bits: toBase64url(sample("bits", 1)), keys: toBase64url(sample("keys", 8 * 32)) }],
  sample: [{ stream: 1, position: 7 }],
  keeping: [{ stream: 2, key: toBase64url(sample("vault")), next: 0 }],
  ended: [{ reason: "stopped", hint: "" }],
  error: [
    { about: "open", message: "no", hint: "" },
    { about: "keep", message: "no", hint: "" },
  ],
};

/** One of the messages above. */
export const someMessage: fc.Arbitrary<Facts> = fc
  .constantFrom(...Object.entries(SAMPLES))
  .chain(([type, facts]) => fc.constantFrom(...facts).map((one) => ({ type, ...one })));

const strange = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom("", -1, 0.5, 2 ** 53, 1e308, null, true, [], {}, "x".repeat(20_000), { __proto__: null }),
);

/** One of the messages above, in which something was changed, left out or put in, at any depth. */
export const liedMessage: fc.Arbitrary<Facts> = fc
  .tuple(someMessage, fc.array(fc.tuple(fc.nat(), strange, fc.boolean()), { minLength: 1, maxLength: 3 }))
  .map(([message, lies]) => lies.reduce((told, [where, lie, away]) => changed(told, where, lie, away), message));

/** Returns a message with another value at one of its places. */
function changed(message: Facts, where: number, lie: unknown, away: boolean): Facts {
  const copy = structuredClone(message);
  const places = placesOf(copy);
  const [owner, key] = places[where % places.length]!;
  if (away) Reflect.deleteProperty(owner, key);
  else Reflect.set(owner, key, lie);
  return copy;
}

function placesOf(value: object): [object, string][] {
  const here = Object.keys(value).map((key): [object, string] => [value, key]);
  const below = Object.values(value).filter((inner): inner is object => typeof inner === "object" && inner !== null);
  return [...here, [value, "more"], ...below.flatMap(placesOf)];
}
