/** What a session needs of the outside: a connection, media, time and chance. */

import type { Bytes } from "../keys.ts";
import type { View } from "./events.ts";
import type { DealtKeys } from "./opener.ts";
import type { Epoch } from "./schedule.ts";

/** A new stream of one's own. */
export interface OwnStream {
  readonly stream: number;
  /** 32 bytes; what the mark key and the position keys derive from. */
  readonly secret: Bytes;
  readonly segmentMs: number;
  readonly slotMs: number;
  /** How strongly it is marked. */
  readonly depth: number;
}

/** How many packets of a hundred the listeners of a stream lose. */
export interface Loss {
  /** The one who loses most. */
  readonly most: number;
  /** The one in the middle. */
  readonly middle: number;
}

/** What is told of a connection. */
export interface Line {
  connected(): void;
  received(text: string): void;
  /** It is gone, or never came about. */
  disconnected(): void;
}

/** The connection to the server. */
export interface Transport {
  /** To the server of that name, among several; to any where it is empty. */
  connect(line: Line, server: string): void;
  send(text: string): void;
  /** Closes the connection; nothing is said of it afterwards. */
  close(): void;
}

/** What is done with sound. It calls the session's `media`, with `broken` too where a way to the relay is, and `lost` now and then. */
export interface Media {
  /** Others may seal under this epoch from now on. */
  epoch(epoch: Epoch): void;
  /** One's own stream is sealed under this epoch from now on. */
  sealUnder(epoch: Epoch): void;
  /** Begin to send: `offered`, and `at` for each position. */
  start(own: OwnStream): void;
  stop(stream: number): void;
  /** Look for another way to the relay for one's own stream: `offered`. */
  again(stream: number): void;
  /** Hand out what is said in one's own stream: `spoken`; or do not any more. */
  keep(kept: boolean): void;
  /** What listeners miss of one's own stream, until they say otherwise. */
  loss(stream: number, loss: Loss): void;
  /** To an offer of one's own stream; to none if another has taken its place. */
  answer(stream: number, offer: number, sdp: string): void;
  /** Of another's stream: `answered`. */
  offer(stream: number, offer: number, sdp: string): void;
  keys(stream: number, keys: DealtKeys): void;
  /** Of another's stream: `heard`. */
  sample(stream: number, position: number): void;
  /** Another's stream is over. */
  close(stream: number): void;
  /** No stream goes on, one's own included. */
  closeAll(): void;
}

export interface Ports {
  readonly transport: Transport;
  readonly media: Media;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** A number from 0 to 1. */
  random(): number;
  /** Calls `then` after some milliseconds; returns what prevents that. */
  after(ms: number, then: () => void): () => void;
  /** There may be something else to show. */
  changed(view: View): void;
}
