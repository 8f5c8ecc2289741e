/** What the call's pages show; made by the session, of what the server and the browser say. */

import type { Quality } from "../../media/health.ts";
import type { Doubt } from "../../protocol/index.ts";

export interface CallFacts {
  id: string;
  title: string;
  classification: string;
  hosts: string[];
  listenOnly: boolean;
}

export interface Me {
  id: string;
  name: string;
  host: boolean;
}

export interface Member {
  id: string;
  name: string;
  host: boolean;
  muted: boolean;
  /** Whether they seal what they say for the vault. */
  keeping: boolean;
  /** The number of their stream; null while they only listen. */
  stream: number | null;
  /** Why what they say may not be traceable. */
  doubts: readonly Doubt[];
}

export interface Waiting {
  id: string;
  name: string;
}

/** Why somebody is not, or no longer, in the call: a word of the protocol, and the server's own hint. */
export interface Parting {
  reason: string;
  hint: string;
}

export type Phase =
  | { at: "connecting" }
  | { at: "invited" }
  | { at: "joining" }
  | { at: "lobby" }
  | { at: "call" }
  | { at: "refused"; parting: Parting }
  | { at: "ended"; parting: Parting };

/** What has become of the microphone. */
export type Voice = "off" | "starting" | "on";

export interface CallView {
  phase: Phase;
  /** Whether the connection to the server is lost for the moment: what is asked of the server would reach nobody. */
  reconnecting: boolean;
  call: CallFacts | null;
  me: Me | null;
  notice: string;
  members: Member[];
  waiting: Waiting[];
  /** Who is in the group of keys and not in the call by what the server says; there should be nobody. */
  strangers: string[];
  locked: boolean;
  words: string[] | null;
  voice: Voice;
  muted: boolean;
  /** Whether the browser takes echo and noise away from what one says: on until it is turned off. */
  cleaned: boolean;
  /** Whether what one says is sealed for the vault. */
  keeping: "off" | "starting" | "on";
  /** Streams in which somebody speaks now; one's own among them. */
  speaking: ReadonlySet<number>;
  quality: Quality;
  /** Streams that arrive, and cannot be heard since their keys have not come. */
  unkeyed: ReadonlySet<number>;
  /** Whether the browser wants a click before it plays sound. */
  silenced: boolean;
  /** When the call was entered, in ms since 1970; null before. */
  since: number | null;
  /** How long it was, in ms, once it is over. */
  lasted: number | null;
  /** What went wrong last, to be read out; empty if nothing. */
  alert: string;
}

export const EMPTY: CallView = {
  phase: { at: "connecting" },
  reconnecting: false,
  call: null,
  me: null,
  notice: "",
  members: [],
  waiting: [],
  strangers: [],
  locked: false,
  words: null,
  voice: "off",
  muted: false,
  cleaned: true,
  keeping: "off",
  speaking: new Set(),
  quality: "good",
  unkeyed: new Set(),
  silenced: false,
  since: null,
  lasted: null,
  alert: "",
};

/** What people can do on the call's pages. */
export interface CallActions {
  /** Opens the microphone; a click must be the cause. Tells whether it is open, and was not closed again meanwhile. */
  openMicrophone(): Promise<boolean>;
  closeMicrophone(): void;
  /** Has echo and noise taken away, or left, whenever the microphone is opened from now on. */
  clean(cleaned: boolean): void;
  microphoneLevel(): number;
  hearMyself(on: boolean): void;
  join(withMicrophone: boolean): Promise<void>;
  speak(): Promise<void>;
  mute(muted: boolean): void;
  keep(kept: boolean): void;
  admit(member: string): void;
  refuse(member: string): void;
  remove(member: string): void;
  lock(locked: boolean): void;
  end(): void;
  leave(): void;
  playSound(): void;
}
