/**
 * What happens to a member (events), what is to be done about it (commands), and what there is to see (the view).
 *
 * `Client` turns the first into the others; `Session` feeds it, and carries out what is cryptography.
 */

import type { Bytes } from "../keys.ts";
import type {
  ClientMessage,
  EndReason,
  OpenedStream,
  RefusalReason,
  RosterLine,
  ServerMessage,
  ServerMessageOf,
} from "./messages.ts";
import type { Addition, MadeCommit } from "./mls.ts";
import type { DealtKeys } from "./opener.ts";
import type { Loss } from "./ports.ts";
import type { SealedPiece, Spoken } from "./speech.ts";
import type { Sampled } from "./witness.ts";

/** An offer, or the answer to it, and which one it is: an answer may come when another offer has taken its place. */
export interface Offered {
  readonly offer: number;
  readonly sdp: string;
}

/** What the person wants. */
export type Intent =
  /** They know that the call is marked, and want to enter. */
  | { readonly type: "consent" }
  | { readonly type: "speak" }
  | { readonly type: "stop" }
  | { readonly type: "leave" }
  | { readonly type: "mute"; readonly muted: boolean }
  /** What they say is to be sealed for the vault, or not any more. */
  | { readonly type: "keep"; readonly kept: boolean }
  | HostIntent;

/** What a host wants. */
export type HostIntent =
  | { readonly type: "admit"; readonly member: string }
  | { readonly type: "refuse"; readonly member: string }
  | { readonly type: "remove"; readonly member: string }
  | { readonly type: "lock"; readonly locked: boolean }
  | { readonly type: "end" };

/** What the browser's media have to say. */
export type MediaEvent =
  /** The offer for a stream of one's own is ready. */
  | ({ readonly type: "offered"; readonly stream: number } & Offered)
  /** The answer to the offer of another's stream is ready. */
  | ({ readonly type: "answered"; readonly stream: number } & Offered)
  /** So many packets of a hundred of another's stream were lost, in the last seconds. */
  | { readonly type: "lost"; readonly stream: number; readonly percent: number }
  /** The way on which a stream goes, one's own or another's, is broken. */
  | { readonly type: "broken"; readonly stream: number }
  /** A position of one's own stream has begun. */
  | { readonly type: "at"; readonly stream: number; readonly position: number }
  /** A piece of what was said in one's own stream, to be kept. */
  | { readonly type: "spoken"; readonly spoken: Spoken }
  /** What was heard of another's stream at the position that was asked about. */
  | ({ readonly type: "heard"; readonly stream: number; readonly position: number } & Sampled);

/** What came of a command that is cryptography. */
export type KeyEvent =
  | { readonly type: "signed"; readonly receipt: string; readonly signature: Bytes; readonly keyPackage: Bytes }
  | { readonly type: "sealed"; readonly sealed: Bytes }
  | { readonly type: "commit made"; readonly made: MadeCommit }
  | { readonly type: "speech sealed"; readonly piece: SealedPiece }
  /** The group is in another epoch. */
  | { readonly type: "group"; readonly epoch: number; readonly members: readonly string[] }
  | { readonly type: "words"; readonly epoch: number; readonly words: readonly string[] }
  /** Keys of the group do not fit, or what was to be signed or sealed was not. */
  | { readonly type: "failed"; readonly problem: Problem };

export type Timer = "reconnect" | "patience" | "seal" | "strangers";

export type Event =
  | { readonly type: "start" }
  | { readonly type: "connected" }
  | { readonly type: "disconnected" }
  | { readonly type: "received"; readonly message: ServerMessage }
  /** The server has sent what is no message. */
  | { readonly type: "garbled"; readonly problem: Problem }
  | { readonly type: "timer"; readonly timer: Timer }
  /** The page is left, or loaded anew. */
  | { readonly type: "closed" }
  | Intent
  | MediaEvent
  | KeyEvent;

/** What is to be done, in order. */
export type Command =
  /** To the server of that name, among several; to any where it is empty. */
  | { readonly do: "connect"; readonly server: string }
  | { readonly do: "disconnect" }
  | { readonly do: "send"; readonly message: ClientMessage }
  /** Send a `timer` event after so many milliseconds; the one of that name that runs is replaced. */
  | { readonly do: "after"; readonly timer: Timer; readonly ms: number }
  | { readonly do: "cancel"; readonly timer: Timer }
  /** Sign the receipt, and make a key package: `signed`. */
  | { readonly do: "sign"; readonly challenge: ServerMessageOf<"challenge"> }
  /** Group changes are made one after the other: `group`. */
  | { readonly do: "create group" | "accept commit" }
  /** The one that was made in this epoch never was. */
  | { readonly do: "drop commit"; readonly epoch: number }
  | { readonly do: "join group"; readonly welcome: Bytes }
  | { readonly do: "process commit"; readonly epoch: number; readonly commit: Bytes }
  /** `commit made` */
  | {
      readonly do: "make commit";
      readonly epoch: number;
      readonly adds: readonly Addition[];
      readonly removes: readonly string[];
    }
  /** Forget the group. */
  | { readonly do: "leave group" }
  /** Seal one's own stream under the group's newest epoch from now on. */
  | { readonly do: "seal under newest" }
  /** Draw a stream secret and seal it to the dealer: `sealed`. */
  | { readonly do: "seal secret" }
  /** What is said in one's own stream is kept from now on: `spoken`, or not any more. */
  | { readonly do: "keep speech"; readonly stream: number; readonly key: Bytes; readonly next: number }
  | { readonly do: "drop speech" }
  /** Seal a piece for the vault: `speech sealed`. */
  | { readonly do: "seal speech"; readonly spoken: Spoken }
  /** The stream whose secret was sealed last is open: begin to send. */
  | { readonly do: "start stream"; readonly opened: OpenedStream }
  | { readonly do: "stop stream"; readonly stream: number }
  /** What listeners miss of one's own stream. */
  | { readonly do: "take loss"; readonly stream: number; readonly loss: Loss }
  /** One's own stream goes on, on another way: `offered`. */
  | { readonly do: "offer again"; readonly stream: number }
  /** To the offer of one's own stream. */
  | ({ readonly do: "take answer"; readonly stream: number } & Offered)
  /** Of another's stream: answer it. */
  | ({ readonly do: "take offer"; readonly stream: number } & Offered)
  | { readonly do: "take keys"; readonly stream: number; readonly keys: DealtKeys }
  /** Tell what was heard of another's stream at a position: `heard`. */
  | { readonly do: "sample"; readonly stream: number; readonly position: number }
  /** Another's stream is over. */
  | { readonly do: "close stream"; readonly stream: number }
  /** No stream goes on, one's own included. */
  | { readonly do: "close all" };

/** What went wrong, and what a person can do about it. */
export interface Problem {
  readonly message: string;
  readonly hint: string;
}

/** Why nothing will happen any more. */
export interface Over {
  /** Whether one has not been let in. */
  readonly refused: boolean;
  /** "left": by one's own will. "keys": those of the group did not fit, again and again. "garbled": what came was no message. */
  readonly reason: RefusalReason | EndReason | "left" | "keys" | "garbled";
  /** What the server, or the error, says that helps; may be empty. */
  readonly hint: string;
}

export type Phase =
  | "connecting"
  /** The notice is to be read and consented to. */
  | "notice"
  | "entering"
  | "lobby"
  | "call"
  | "reconnecting"
  /** Nothing will happen any more. */
  | "over";

/** A member of the call. */
export interface Member extends RosterLine {
  /** Whether they are in the group: whether they can hear. */
  readonly inGroup: boolean;
}

/** A server that helps to find a way through networks. */
export type IceServer = ServerMessageOf<"challenge">["ice_servers"][number];

/** All there is to show. */
export interface View {
  readonly phase: Phase;
  readonly call: ServerMessageOf<"challenge">["call"] | null;
  readonly me: ServerMessageOf<"challenge">["member"] | null;
  readonly notice: string;
  /** Servers that help to find a way through networks; none unless the call's server names some. */
  readonly iceServers: readonly IceServer[];
  readonly members: readonly Member[];
  /** Who is in the group, for 10 s or more, and not in the call by what the server says. There should be nobody. */
  readonly strangers: readonly string[];
  /** Who waits in the lobby; for hosts. */
  readonly waiting: readonly { readonly id: string; readonly name: string }[];
  readonly locked: boolean;
  readonly muted: boolean;
  /** Whether one's own stream is off, about to begin, or on. */
  readonly speaking: "off" | "starting" | "on";
  /** Whether what one says is sealed for the vault: off, about to be, or on; "on" only while all are shown that it is. */
  readonly keeping: "off" | "starting" | "on";
  /** The number of one's own stream while it is on. */
  readonly stream: number | null;
  /** The group's epoch; null before there are keys. */
  readonly epoch: number | null;
  /** Six words, the same for all; null until they are computed for this epoch. */
  readonly words: readonly string[] | null;
  /** What went wrong last, and may go well again. */
  readonly problem: Problem | null;
  /** Null while something may still happen. */
  readonly over: Over | null;
}
