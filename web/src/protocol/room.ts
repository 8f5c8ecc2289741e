/** What is inside a call, for one member: who is here, the streams, and the group's keys. No I/O. */

import { dispatch, send, type Table } from "./dispatch.ts";
import type { Command, Event, Offered, View } from "./events.ts";
import type { OpenedStream, RosterLine, ServerMessage } from "./messages.ts";
import type { Microphone } from "./microphone.ts";
import { Strangers } from "./strangers.ts";

/** How long others have to take a new epoch before one's own stream goes on in it. */
export const SEAL_AFTER_MS = 300;
/** How long somebody may be in the group but not in the call before it is shown. */
export const STRANGERS_MS = 10_000;

/** What is said of and in a call, to those who are inside. */
export type InsideMessage = Exclude<
  ServerMessage,
  { type: "challenge" | "refused" | "elsewhere" | "lobby" | "admitted" | "ended" | "error" }
>;

type GroupEvent = Event & { type: "group" };

/** One stay in a call: from `admitted` until the connection is gone. Methods return what is to be done. */
export class Room {
  readonly #me: string;
  readonly #microphone: Microphone;
  readonly #strangers = new Strangers(STRANGERS_MS);
  readonly #streams = new Set<number>();
  readonly #lost = new Map<number, number>();
  readonly #table: Table<InsideMessage>;
  #now = 0;
  #roster: readonly RosterLine[] = [];
  #locked = false;
  #waiting: View["waiting"] = [];
  #group: { readonly epoch: number; readonly members: readonly string[] } | null = null;
  #words: readonly string[] | null = null;

  /**
   * @param me the member's id.
   * @param microphone their own stream.
   */
  constructor(me: string, microphone: Microphone) {
    this.#me = me;
    this.#microphone = microphone;
    this.#table = this.#handlers();
  }

  /** What there is to show of it at a time in milliseconds. */
  view(now: number): Pick<View, "members" | "strangers" | "waiting" | "locked" | "epoch" | "words"> {
    const inGroup = new Set(this.#group?.members);
    return {
      members: this.#roster.map((line) => ({ ...line, inGroup: inGroup.has(line.id) })),
      strangers: this.#strangers.shown(now),
      waiting: this.#waiting,
      locked: this.#locked,
      epoch: this.#group?.epoch ?? null,
      words: this.#words,
    };
  }

  /** Takes what is said on entering; again where the group has to be made anew. */
  admitted(message: ServerMessage & { type: "admitted" }, now: number): Command[] {
    this.#now = now;
    this.#roster = message.members;
    const streams = message.streams.flatMap((stream) => this.#opened(stream));
    return message.group === "create" ? [...streams, { do: "create group" }] : streams;
  }

  receive(message: InsideMessage, now: number): Command[] {
    this.#now = now;
    return dispatch(this.#table, message);
  }

  /** The group is in another epoch. */
  group({ epoch, members }: GroupEvent, now: number): Command[] {
    const first = this.#group === null;
    this.#group = { epoch, members };
    this.#words = null;
    this.#now = now;
    const strangers = this.#watchStrangers();
    if (!first) return [...strangers, { do: "after", timer: "seal", ms: SEAL_AFTER_MS }];
    return [...strangers, { do: "seal under newest" }, ...this.#microphone.ready()];
  }

  words({ epoch, words }: Event & { type: "words" }): Command[] {
    if (epoch === this.#group?.epoch) this.#words = words;
    return [];
  }

  answered(stream: number, answer: Offered): Command[] {
    return this.#streams.has(stream) ? [send({ type: "answer", stream, ...answer })] : [];
  }

  /** What was heard at a position is told to those who have asked. */
  heard({ stream, position, newest, frames }: Event & { type: "heard" }): Command[] {
    return this.#streams.has(stream) ? [send({ type: "heard", stream, position, newest, frames })] : [];
  }

  /** The way on which a stream went is broken: another is looked for. */
  lostWay(stream: number): Command[] {
    if (this.#streams.has(stream)) return [send({ type: "subscribe", stream })];
    return this.#microphone.lostWay(stream);
  }

  /** So many packets of a hundred were lost of a stream: its speaker is told when that has changed. */
  lost(stream: number, percent: number): Command[] {
    if (!this.#streams.has(stream) || (this.#lost.get(stream) ?? 0) === percent) return [];
    this.#lost.set(stream, percent);
    return [send({ type: "loss", stream, percent })];
  }

  #handlers(): Table<InsideMessage> {
    return {
      roster: ({ members, locked }) => {
        this.#roster = members;
        this.#locked = locked;
        const mine = members.find(({ id }) => id === this.#me);
        return [...this.#microphone.keeper.shown(mine?.keeping ?? false), ...this.#watchStrangers()];
      },
      waiting: ({ members }) => {
        this.#waiting = members;
        return [];
      },
      opened: (stream) => this.#opened(stream),
      closed: ({ stream }) => this.#closed(stream),
      republish: ({ stream }) => this.#microphone.lostWay(stream),
      loss: ({ stream, most, middle }) =>
        this.#microphone.stream === stream ? [{ do: "take loss", stream, loss: { most, middle } }] : [],
      published: ({ stream, offer, sdp }) =>
        this.#microphone.stream === stream ? [{ do: "take answer", stream, offer, sdp }] : [],
      offer: ({ stream, offer, sdp }) => (this.#streams.has(stream) ? [{ do: "take offer", stream, offer, sdp }] : []),
      keys: ({ stream, first, bits, keys }) =>
        this.#streams.has(stream) ? [{ do: "take keys", stream, keys: { first, bits, keys } }] : [],
      sample: ({ stream, position }) => (this.#streams.has(stream) ? [{ do: "sample", stream, position }] : []),
      keeping: (message) => this.#microphone.keeper.begun(message),
      change: ({ epoch, adds, removes }) => {
        const additions = adds.map(({ member, key_package }) => ({ member, keyPackage: key_package }));
        return [{ do: "make commit", epoch, adds: additions, removes }];
      },
      committed: ({ epoch, commit }) => [{ do: "process commit", epoch, commit }],
      accepted: () => [{ do: "accept commit" }],
      stale: ({ epoch }) => [{ do: "drop commit", epoch }],
      welcome: ({ welcome }) => [{ do: "join group", welcome }],
    };
  }

  #opened(opened: OpenedStream): Command[] {
    if (opened.member === this.#me) return this.#microphone.opened(opened, this.#now);
    if (this.#streams.has(opened.stream)) return [];
    this.#streams.add(opened.stream);
    return [send({ type: "subscribe", stream: opened.stream })];
  }

  #closed(stream: number): Command[] {
    this.#lost.delete(stream);
    if (this.#streams.delete(stream)) return [{ do: "close stream", stream }];
    return this.#microphone.closed(stream);
  }

  #watchStrangers(): Command[] {
    const known = new Set(this.#roster.map(({ id }) => id));
    const strangers = this.#group?.members.filter((id) => !known.has(id)) ?? [];
    const came = this.#strangers.set(strangers, this.#now);
    return came ? [{ do: "after", timer: "strangers", ms: STRANGERS_MS }] : [];
  }
}
