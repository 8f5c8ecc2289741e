/** One's own stream in a call: from the wish to speak to a stream that is sent, and back. No I/O. */

import type { Bytes } from "../keys.ts";
import type { Command, Offered } from "./events.ts";
import { send } from "./dispatch.ts";
import { Keeper } from "./keeper.ts";
import type { OpenedStream } from "./messages.ts";

/** How often the server is told how far the stream is. */
export const REPORT_MS = 5000;

type Stage =
  | { readonly name: "off" | "sealing" | "opening" }
  /** The server is gone; the relay may still carry the stream to those who have keys. */
  | { readonly name: "adrift"; readonly stream: number }
  | { readonly name: "on"; readonly stream: number; readonly reported: number; readonly positions: number };

const OFF: Stage = { name: "off" };

/**
 * Opens, publishes, reports and closes one's own stream. Methods return what is to be done.
 *
 * The wish outlasts a lost connection: who spoke speaks again after it.
 */
export class Microphone {
  #wanted = false;
  #ready = false;
  #stage: Stage = OFF;
  readonly #keeper = new Keeper();

  /** What there is to show. */
  get speaking(): "off" | "starting" | "on" {
    if (this.#stage.name === "on" || this.#stage.name === "adrift") return "on";
    return this.#wanted ? "starting" : "off";
  }

  /** The number of the stream while it is on, and the server knows of it. */
  get stream(): number | null {
    return this.#stage.name === "on" ? this.#stage.stream : null;
  }

  /** Whether the server is expected to open a stream. */
  get opening(): boolean {
    return this.#stage.name === "opening";
  }

  /** Whether what is said is kept for the vault. */
  get keeper(): Keeper {
    return this.#keeper;
  }

  speak(): Command[] {
    this.#wanted = true;
    return this.#begin();
  }

  /** The person has had enough, or it cannot be. */
  stop(): Command[] {
    this.#wanted = false;
    const stage = this.#stage;
    if (stage.name === "adrift") return this.over();
    if (stage.name !== "on") return [];
    this.#stage = OFF;
    const { stream, positions } = stage;
    return [
      ...this.#keeper.closed(),
      { do: "stop stream", stream },
      send({ type: "position", stream, position: positions }),
      send({ type: "close", stream }),
    ];
  }

  /** There are keys of the group to seal under. */
  ready(): Command[] {
    this.#ready = true;
    return this.#begin();
  }

  /** The server is gone. What is said goes on as far as the relay carries it; nothing more of it is kept. */
  lost(): Command[] {
    const stage = this.#stage;
    this.#ready = false;
    if (stage.name === "on") this.#stage = { name: "adrift", stream: stage.stream };
    else if (stage.name !== "adrift") this.#stage = OFF;
    return this.#keeper.closed();
  }

  /** What goes on without the server goes on no longer. */
  over(): Command[] {
    const stage = this.#stage;
    if (stage.name !== "adrift") return [];
    this.#stage = OFF;
    return [{ do: "stop stream", stream: stage.stream }];
  }

  /** The server did not open the stream. */
  refused(): void {
    this.#wanted = false;
    this.#stage = OFF;
  }

  sealed(sealed: Bytes): Command[] {
    if (this.#stage.name !== "sealing") return [];
    this.#stage = this.#wanted ? { name: "opening" } : OFF;
    return this.#wanted ? [send({ type: "open", sealed })] : [];
  }

  /** A stream of one's own is open. */
  opened(opened: OpenedStream, now: number): Command[] {
    const { stream } = opened;
    if (!this.opening || !this.#wanted) {
      if (this.opening) this.#stage = OFF;
      return [send({ type: "close", stream })];
    }
    this.#stage = { name: "on", stream, reported: now, positions: 0 };
    return [{ do: "start stream", opened }, ...this.#keeper.opened(stream)];
  }

  /** The server has closed a stream, which may be this one. */
  closed(stream: number): Command[] {
    if (this.stream !== stream) return [];
    this.refused();
    return [...this.#keeper.closed(), { do: "stop stream", stream }];
  }

  /** The way to the relay is broken, or the relay has been started anew: the stream goes on on another. */
  lostWay(stream: number): Command[] {
    return this.stream === stream ? [{ do: "offer again", stream }] : [];
  }

  offered(stream: number, offered: Offered): Command[] {
    return this.stream === stream ? [send({ type: "publish", stream, ...offered })] : [];
  }

  /** A position has begun: the server is told every five seconds, and at the end. */
  at(stream: number, position: number, now: number): Command[] {
    const stage = this.#stage;
    if (stage.name !== "on" || stage.stream !== stream || position < stage.positions) return [];
    const positions = position + 1;
    const due = now - stage.reported >= REPORT_MS;
    this.#stage = { ...stage, positions, reported: due ? now : stage.reported };
    return due ? [send({ type: "position", stream, position: positions })] : [];
  }

  #begin(): Command[] {
    if (!this.#wanted || !this.#ready || this.#stage.name !== "off") return [];
    this.#stage = { name: "sealing" };
    return [{ do: "seal secret" }];
  }
}
