/**
 * What the server and a member say to each other: JSON objects with a `type`, over a WebSocket.
 *
 * What comes from the server is checked here before anything else sees it: a message, or part of one, that is not known is
 * refused. The server does the same (`earmark.call.messages`, `earmark.call.replies`).
 */

import * as v from "valibot";

import type { Bytes } from "../keys.ts";
import { fromBase64url, toBase64url } from "./bytes.ts";
import { MessageError } from "./errors.ts";
import { MOST_POSITIONS } from "./schedule.ts";

/** The longest message that is taken, in characters. */
export const MAX_MESSAGE = 256 * 1024;

const MOST_STREAMS = 2 ** 16;
const MOST_PEOPLE = 1000;

const text = v.pipe(v.string(), v.maxLength(10_000));
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const stream = v.pipe(count, v.maxValue(MOST_STREAMS - 1));
const sdp = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_MESSAGE));

const binary = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }): Bytes => {
    try {
      return fromBase64url(dataset.value);
    } catch {
      addIssue({ message: "not base64url" });
      return NEVER;
    }
  }),
);
const binaryOf = (length: number) => v.pipe(binary, v.length(length));
const people = <T extends v.GenericSchema>(schema: T) => v.pipe(v.array(schema), v.maxLength(MOST_PEOPLE));

const rules = v.strictObject({
  encoded_transform: v.literal(true),
  known_devices_only: v.boolean(),
  listen_only: v.boolean(),
  max_members: count,
});

/** Why somebody's sound cannot be relied on to be traced; `earmark.call.doubts` says what each means. */
const doubts = ["alike", "unopened", "unlike"] as const;

const rosterLine = v.strictObject({
  id,
  name: text,
  host: v.boolean(),
  muted: v.boolean(),
  speaking_stream: v.nullable(stream),
  keeping: v.boolean(),
  doubts: v.pipe(v.array(v.picklist(doubts)), v.maxLength(doubts.length)),
});

const opened = v.strictObject({
  type: v.literal("opened"),
  stream,
  member: id,
  block_positions: v.literal(1024),
  segment_ms: v.literal(240),
  slot_ms: v.pipe(v.number(), v.minValue(1), v.maxValue(240)),
  depth: v.pipe(v.number(), v.gtValue(0), v.maxValue(24)),
});

const percent = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100));

const refusalReasons = ["invitation", "device", "browser", "locked", "full", "ended", "host", "protocol"] as const;
const endReasons = ["ended", "removed", "replaced", "silent", "stopped", "unrecorded"] as const;

const serverMessage = v.variant("type", [
  v.strictObject({
    type: v.literal("challenge"),
    call: v.strictObject({ id, title: text, classification: text, rules, hosts: people(text) }),
    member: v.strictObject({ id, name: text, host: v.boolean() }),
    notice: text,
    ledger_root: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    dealer_key: binaryOf(32),
    challenge: binaryOf(32),
    ice_servers: v.pipe(
      v.array(v.strictObject({ urls: v.array(text), username: text, credential: text })),
      v.maxLength(20),
    ),
  }),
  v.strictObject({ type: v.literal("refused"), reason: v.picklist(refusalReasons), hint: text }),
  v.strictObject({ type: v.literal("elsewhere"), server: v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{0,64}$/)) }),
  v.strictObject({ type: v.literal("lobby") }),
  v.strictObject({ type: v.literal("waiting"), members: people(v.strictObject({ id, name: text })) }),
  v.strictObject({
    type: v.literal("admitted"),
    group: v.picklist(["create", "wait"]),
    members: people(rosterLine),
    streams: people(opened),
    epoch: count,
  }),
  v.strictObject({
    type: v.literal("roster"),
    members: people(rosterLine),
    locked: v.boolean(),
    committer: v.pipe(v.string(), v.maxLength(100)),
  }),
  v.strictObject({
    type: v.literal("change"),
    adds: people(v.strictObject({ member: id, key_package: binary })),
    removes: people(id),
    epoch: count,
  }),
  v.strictObject({ type: v.literal("committed"), epoch: count, commit: binary, sender: id }),
  v.strictObject({ type: v.literal("accepted"), epoch: count }),
  v.strictObject({ type: v.literal("stale"), epoch: count }),
  v.strictObject({ type: v.literal("welcome"), welcome: binary, epoch: count }),
  opened,
  v.strictObject({ type: v.literal("closed"), stream }),
  v.strictObject({ type: v.literal("republish"), stream }),
  v.strictObject({ type: v.literal("loss"), stream, most: percent, middle: percent }),
  v.strictObject({ type: v.literal("published"), stream, offer: count, sdp }),
  v.strictObject({ type: v.literal("offer"), stream, offer: count, sdp }),
  v.pipe(
    v.strictObject({
      type: v.literal("keys"),
      stream,
      first: v.pipe(count, v.maxValue(MOST_POSITIONS - 1)),
      bits: binary,
      keys: binary,
    }),
    v.check(({ keys, bits }) => keys.length % 32 === 0 && bits.length === Math.ceil(keys.length / 256), "keys"),
    v.check(({ first, keys }) => first + keys.length / 32 <= MOST_POSITIONS, "positions"),
  ),
  v.strictObject({
    type: v.literal("sample"),
    stream,
    position: v.pipe(count, v.maxValue(MOST_POSITIONS - 1)),
  }),
  v.strictObject({ type: v.literal("keeping"), stream, key: binaryOf(32), next: count }),
  v.strictObject({ type: v.literal("ended"), reason: v.picklist(endReasons), hint: text }),
  v.strictObject({ type: v.literal("error"), about: text, message: text, hint: text }),
]);

/** Anything that the server says; what is binary is bytes. */
export type ServerMessage = v.InferOutput<typeof serverMessage>;
/** One kind of it. */
export type ServerMessageOf<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;
/** A member, for the others to see. */
export type RosterLine = v.InferOutput<typeof rosterLine>;
/** Why somebody's sound cannot be relied on to be traced. */
export type Doubt = (typeof doubts)[number];
/** A stream that is open. */
export type OpenedStream = v.InferOutput<typeof opened>;
/** Why somebody may not enter. */
export type RefusalReason = (typeof refusalReasons)[number];
/** Why the call is over for somebody. */
export type EndReason = (typeof endReasons)[number];

/** Anything that a member says; what is binary is bytes. */
export type ClientMessage =
  | {
      type: "hello";
      version: 1;
      token: string;
      device: Bytes;
      encoded_transform: boolean;
      user_agent: string;
    }
  | { type: "consent"; receipt: string; signature: Bytes; key_package: Bytes }
  | { type: "admit"; member: string }
  | { type: "refuse"; member: string }
  | { type: "remove"; member: string }
  | { type: "lock"; locked: boolean }
  | { type: "end" }
  | { type: "leave" }
  | {
      type: "commit";
      epoch: number;
      commit: Bytes;
      welcome: Bytes | null;
      adds: readonly string[];
      removes: readonly string[];
    }
  | { type: "open"; sealed: Bytes }
  | { type: "publish" | "answer"; stream: number; offer: number; sdp: string }
  | { type: "subscribe" | "close"; stream: number }
  | { type: "position"; stream: number; position: number }
  | {
      type: "heard";
      stream: number;
      position: number;
      newest: number | null;
      frames: readonly (Bytes | null)[];
    }
  | { type: "loss"; stream: number; percent: number }
  | { type: "mute"; muted: boolean }
  | { type: "keep"; stream: number; kept: boolean }
  | { type: "speech"; stream: number; number: number; sealed: Bytes; signature: Bytes };

/**
 * Returns the message that a text from the server is.
 *
 * @throws {@link MessageError} it is none. What it says is not repeated, but for its type.
 */
export function parseServerMessage(json: string): ServerMessage {
  if (json.length > MAX_MESSAGE) throw new MessageError("a message of the server is too long", UPDATE);
  const result = v.safeParse(serverMessage, parseJson(json));
  if (result.success) return result.output;
  const where = result.issues[0].path?.map(({ key }) => String(key)).join(".") ?? "message";
  throw new MessageError(`a message of the server makes no sense at “${where.slice(0, 80)}”`, UPDATE);
}

/** Returns a message as the server reads it. */
export function encodeClientMessage(message: ClientMessage): string {
  return JSON.stringify(message, (_key, value: unknown) => (value instanceof Uint8Array ? toBase64url(value) : value));
}

const UPDATE = "Reload the page; it may be older or newer than the server.";

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new MessageError("a message of the server is no JSON", UPDATE);
  }
}
