/** Whether what one says is sealed for the vault: off until one says so, and on again in each new stream. No I/O. */

import type { Command } from "./events.ts";
import { send } from "./dispatch.ts";
import type { ServerMessageOf } from "./messages.ts";
import type { SealedPiece, Spoken } from "./speech.ts";

/** Methods return what is to be done. Nothing is handed out before the server has said that all are shown it. */
export class Keeper {
  #wanted = false;
  #stream: number | null = null;
  #stage: "off" | "asked" | "on" = "off";

  /** What there is to show. */
  get keeping(): "off" | "starting" | "on" {
    if (this.#stage === "on") return "on";
    return this.#wanted ? "starting" : "off";
  }

  /** Whether the server is expected to say that it is kept. */
  get asked(): boolean {
    return this.#stage === "asked";
  }

  /** The person wants it, or not any more. */
  want(kept: boolean): Command[] {
    if (this.#wanted === kept) return [];
    this.#wanted = kept;
    if (this.#stream === null) return [];
    return kept ? this.#ask() : [...this.#end(), send({ type: "keep", stream: this.#stream, kept: false })];
  }

  /** A stream of one's own has begun. */
  opened(stream: number): Command[] {
    this.#stream = stream;
    return this.#wanted ? this.#ask() : [];
  }

  /** It is over. */
  closed(): Command[] {
    this.#stream = null;
    return this.#end();
  }

  /** The server cannot keep it, or has given up. */
  refused(): Command[] {
    this.#wanted = false;
    return this.#end();
  }

  /** The server takes it from now on. */
  begun({ stream, key, next }: ServerMessageOf<"keeping">): Command[] {
    if (this.#stage !== "asked" || stream !== this.#stream) return [];
    this.#stage = "on";
    return [{ do: "keep speech", stream, key, next }];
  }

  /** What all are shown of oneself. */
  shown(kept: boolean): Command[] {
    return this.#stage === "on" && !kept ? this.refused() : [];
  }

  spoken(spoken: Spoken): Command[] {
    return this.#stage === "on" && spoken.stream === this.#stream ? [{ do: "seal speech", spoken }] : [];
  }

  sealed(piece: SealedPiece): Command[] {
    const { stream, number, sealed, signature } = piece;
    if (this.#stage !== "on" || stream !== this.#stream) return [];
    return [send({ type: "speech", stream, number, sealed, signature })];
  }

  #ask(): Command[] {
    if (this.#stream === null) return [];
    this.#stage = "asked";
    return [send({ type: "keep", stream: this.#stream, kept: true })];
  }

  #end(): Command[] {
    const was = this.#stage;
    this.#stage = "off";
    return was === "on" ? [{ do: "drop speech" }] : [];
  }
}
