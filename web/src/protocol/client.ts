/**
 * A member of a call: a state machine without input or output. Events go in, each with the time; commands come out.
 *
 * These hold at any time:
 * - nothing is entered before the person has consented to the notice that they saw;
 * - no stream is begun before there are keys of the group;
 * - what the server says out of turn is dropped.
 */

import type { Bytes } from "../keys.ts";
import { dispatch, send, type Table } from "./dispatch.ts";
import type { Command, Event, HostIntent, Member, Over, Phase, Problem, Timer, View } from "./events.ts";
import type { ServerMessage, ServerMessageOf } from "./messages.ts";
import { Microphone } from "./microphone.ts";
import { ADRIFT, ELSEWHERE, NO_CONNECTION, NOT_SENDING, passing } from "./problems.ts";
import { type InsideMessage, Room } from "./room.ts";

/** How long the server may take to greet. */
export const PATIENCE_MS = 10_000;
/** How often keys may fail one after the other before the person is told to reload. */
export const MOST_FAILURES = 3;

const CLOSE_ALL: Command = { do: "close all" };
const LEFT: Over = { refused: false, reason: "left", hint: "" };
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8000;
const TIMERS: readonly Timer[] = ["reconnect", "patience", "seal", "strangers"];

/** Who comes, and with what. */
export interface ClientOptions {
  /** What the invitation's link has after `#join=`. */
  readonly token: string;
  /** The device's public key. */
  readonly device: Bytes;
  /** Whether this browser can seal and open frames. */
  readonly encodedTransform: boolean;
  readonly userAgent: string;
}

type OutsideMessage = Exclude<ServerMessage, InsideMessage>;

/** When each message that is not about the inside of a call is expected. */
const EXPECTED: Record<OutsideMessage["type"], readonly Phase[]> = {
  challenge: ["connecting"],
  refused: ["connecting", "notice", "entering", "lobby"],
  elsewhere: ["connecting"],
  lobby: ["entering"],
  admitted: ["entering", "lobby", "call"],
  error: ["entering", "lobby", "call"],
  ended: ["connecting", "notice", "entering", "lobby", "call"],
};

export class Client {
  readonly #identity: ClientOptions;
  readonly #random: () => number;
  readonly #microphone = new Microphone();
  readonly #events: Table<Event>;
  readonly #messages: Table<OutsideMessage>;
  #now = 0;
  #phase: Phase = "connecting";
  #challenge: ServerMessageOf<"challenge"> | null = null;
  #consented = false;
  #muted = false;
  #room: Room | null = null;
  /** Who was here when the server went: what they say may still be heard. */
  #before: readonly Member[] = [];
  #server = "";
  #retries = 0;
  #failures = 0;
  #problem: Problem | null = null;
  #over: Over | null = null;

  /**
   * @param identity who comes, and with what.
   * @param random gives numbers from 0 to 1, for the time between tries to connect.
   */
  constructor(identity: ClientOptions, random: () => number) {
    this.#identity = identity;
    this.#random = random;
    this.#events = this.#eventTable();
    this.#messages = this.#messageTable();
  }

  /** What there is to show. */
  get view(): View {
    return {
      phase: this.#phase,
      call: this.#challenge?.call ?? null,
      me: this.#challenge?.member ?? null,
      notice: this.#challenge?.notice ?? "",
      iceServers: this.#challenge?.ice_servers ?? [],
      ...(this.#room?.view(this.#now) ?? { ...NOTHING_INSIDE, members: this.#before }),
      muted: this.#muted,
      speaking: this.#microphone.speaking,
      keeping: this.#microphone.keeper.keeping,
      stream: this.#microphone.stream,
      problem: this.#problem,
      over: this.#over,
    };
  }

  /**
   * Takes an event, and returns what is to be done, in order.
   *
   * @param now when, in milliseconds of a clock that never goes back.
   */
  handle(event: Event, now: number): Command[] {
    this.#now = now;
    return this.#phase === "over" ? [] : dispatch(this.#events, event);
  }

  #eventTable(): Table<Event> {
    const host = (intent: HostIntent): Command[] => this.#say(send(intent));
    return {
      start: () => this.#connect(),
      connected: () => (this.#phase === "connecting" ? [this.#hello()] : []),
      disconnected: () => (this.#phase === "reconnecting" ? [] : this.#lost(this.#alone())),
      received: ({ message }) => this.#receive(message),
      garbled: ({ problem }) => this.#finish({ refused: false, reason: "garbled", hint: problem.hint }),
      timer: ({ timer }) => this.#timer(timer),
      signed: (signed) => this.#signed(signed),
      sealed: ({ sealed }) => this.#microphone.sealed(sealed),
      "commit made": ({ made }) => this.#say(send({ type: "commit", ...made })),
      group: (group) => this.#keyed(group),
      words: (words) => this.#room?.words(words) ?? [],
      failed: ({ problem }) => this.#failed(problem),
      offered: ({ stream, offer, sdp }) => this.#microphone.offered(stream, { offer, sdp }),
      answered: ({ stream, offer, sdp }) => this.#room?.answered(stream, { offer, sdp }) ?? [],
      broken: ({ stream }) => this.#room?.lostWay(stream) ?? [],
      lost: ({ stream, percent }) => this.#room?.lost(stream, percent) ?? [],
      at: ({ stream, position }) => this.#microphone.at(stream, position, this.#now),
      heard: (heard) => this.#room?.heard(heard) ?? [],
      spoken: ({ spoken }) => this.#microphone.keeper.spoken(spoken),
      "speech sealed": ({ piece }) => this.#microphone.keeper.sealed(piece),
      consent: () => this.#consent(),
      speak: () => (this.#phase === "call" ? this.#say(...this.#microphone.speak()) : []),
      stop: () => this.#microphone.stop(),
      mute: ({ muted }) => this.#mute(muted),
      keep: ({ kept }) => (this.#phase === "call" ? this.#say(...this.#microphone.keeper.want(kept)) : []),
      leave: () => this.#leave(),
      closed: () => this.#finish(LEFT),
      admit: host,
      refuse: host,
      remove: host,
      lock: host,
      end: host,
    };
  }

  #messageTable(): Table<OutsideMessage> {
    return {
      challenge: (challenge) => this.#challenged(challenge),
      refused: ({ reason, hint }) => this.#finish({ refused: true, reason, hint }),
      elsewhere: ({ server }) => {
        this.#server = server;
        return this.#startAnew(ELSEWHERE);
      },
      lobby: () => {
        this.#phase = "lobby";
        return this.#closeAll();
      },
      admitted: (message) => this.#admitted(message),
      error: ({ about, message, hint }) => {
        const { keeper, opening } = this.#microphone;
        if (about === "open" && opening) this.#microphone.refused();
        this.#problem = { message, hint };
        return about === "keep" && keeper.asked ? keeper.refused() : [];
      },
      ended: ({ reason, hint }) => {
        const problem = passing(reason);
        return problem === null ? this.#finish({ refused: false, reason, hint }) : this.#startAnew(problem);
      },
    };
  }

  #receive(message: ServerMessage): Command[] {
    if (isOutside(message)) {
      return EXPECTED[message.type].includes(this.#phase) ? dispatch(this.#messages, message) : [];
    }
    const own = this.#microphone.stream;
    const commands = this.#room?.receive(message, this.#now) ?? [];
    if (message.type === "closed" && message.stream === own) this.#problem = NOT_SENDING;
    return commands;
  }

  // --- the connection

  #connect(): Command[] {
    this.#phase = "connecting";
    const server = this.#server;
    this.#server = ""; // the one that was named may have ended when it is asked
    return [
      { do: "connect", server },
      { do: "after", timer: "patience", ms: PATIENCE_MS },
    ];
  }

  #hello(): Command {
    const { token, device, encodedTransform, userAgent } = this.#identity;
    return send({
      type: "hello",
      version: 1,
      token,
      device,
      encoded_transform: encodedTransform,
      user_agent: userAgent.slice(0, 400),
    });
  }

  /** The connection is gone: another is tried after a while, longer each time. */
  #lost(problem: Problem): Command[] {
    this.#phase = "reconnecting";
    this.#problem = problem;
    const longest = Math.min(FIRST_RETRY_MS * 2 ** this.#retries++, LONGEST_RETRY_MS);
    const ms = longest * (0.5 + this.#random() / 2);
    return [...this.#forget(), { do: "after", timer: "reconnect", ms }];
  }

  /** Leaves a connection that is still there, for another. */
  #startAnew(problem: Problem): Command[] {
    return [{ do: "disconnect" }, ...this.#lost(problem)];
  }

  #finish(over: Over): Command[] {
    this.#phase = "over";
    this.#problem = null;
    this.#over = over;
    return [...this.#forget(), ...this.#closeAll(), { do: "disconnect" }];
  }

  /**
   * What was of the connection is of no use without it; but for what is said, by oneself and others, which the relay may
   * still carry to those who have keys.
   */
  #forget(): Command[] {
    this.#before = this.#room?.view(this.#now).members ?? this.#before;
    this.#room = null;
    const timers = TIMERS.map((timer): Command => ({ do: "cancel", timer }));
    return [...timers, ...this.#microphone.lost(), { do: "leave group" }];
  }

  /** Nothing is heard or said any more by what was of an earlier connection. */
  #closeAll(): Command[] {
    this.#before = [];
    return [...this.#microphone.over(), CLOSE_ALL];
  }

  /** What is said of a server that is gone. */
  #alone(): Problem {
    return this.#microphone.speaking === "on" ? ADRIFT : NO_CONNECTION;
  }

  #timer(timer: Timer): Command[] {
    if (timer === "reconnect" && this.#phase === "reconnecting") return this.#connect();
    if (timer === "patience" && this.#phase === "connecting") return this.#startAnew(this.#alone());
    if (timer === "seal" && this.#phase === "call") return [{ do: "seal under newest" }];
    return [];
  }

  // --- entering

  #challenged(challenge: ServerMessageOf<"challenge">): Command[] {
    const known = this.#challenge;
    this.#consented &&= challenge.notice === known?.notice && challenge.call.id === known.call.id;
    this.#challenge = challenge;
    this.#phase = "notice";
    this.#problem = null;
    return [{ do: "cancel", timer: "patience" }, ...(this.#consented ? this.#consent() : this.#closeAll())];
  }

  #consent(): Command[] {
    if (this.#phase !== "notice" || this.#challenge === null) return [];
    this.#consented = true;
    this.#phase = "entering";
    return [{ do: "sign", challenge: this.#challenge }];
  }

  #signed({ receipt, signature, keyPackage }: Event & { type: "signed" }): Command[] {
    if (this.#phase !== "entering") return [];
    return [send({ type: "consent", receipt, signature, key_package: keyPackage })];
  }

  #admitted(message: ServerMessageOf<"admitted">): Command[] {
    this.#phase = "call";
    this.#problem = null;
    this.#retries = 0;
    const back = this.#room === null ? this.#closeAll() : []; // what was heard until now is offered anew
    const muted = this.#room === null && this.#muted ? [send({ type: "mute", muted: true })] : [];
    this.#room ??= new Room(this.#challenge?.member.id ?? "", this.#microphone);
    return [...back, ...muted, ...this.#room.admitted(message, this.#now)];
  }

  // --- keys

  #keyed(event: Event & { type: "group" }): Command[] {
    this.#failures = 0;
    return this.#room?.group(event, this.#now) ?? [];
  }

  /** Coming again with a new key package mends what is broken; but not for ever. */
  #failed(problem: Problem): Command[] {
    if (this.#phase === "reconnecting") return [];
    this.#failures++;
    if (this.#failures < MOST_FAILURES) return this.#startAnew(problem);
    return this.#finish({ refused: false, reason: "keys", hint: problem.hint });
  }

  // --- what the person wants

  /** Says something in the call; what was wrong before is no longer shown. */
  #say(...commands: readonly Command[]): Command[] {
    if (this.#phase !== "call") return [];
    this.#problem = null;
    return [...commands];
  }

  #mute(muted: boolean): Command[] {
    this.#muted = muted;
    return this.#say(send({ type: "mute", muted }));
  }

  #leave(): Command[] {
    const connected = this.#phase !== "connecting" && this.#phase !== "reconnecting";
    const last = connected ? [send({ type: "leave" })] : [];
    return [...this.#microphone.stop(), ...last, ...this.#finish(LEFT)];
  }
}

const NOTHING_INSIDE: ReturnType<Room["view"]> = {
  members: [],
  strangers: [],
  waiting: [],
  locked: false,
  epoch: null,
  words: null,
};

function isOutside(message: ServerMessage): message is OutsideMessage {
  return message.type in EXPECTED;
}
