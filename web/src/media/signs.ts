/** In the worker: hands the audio thread the signs of the next segments, long before it needs them. */

import { markKey, type OwnStream } from "../protocol/index.ts";
import { Layout } from "../signal/layout.ts";
import { Patterns } from "../signal/patterns.ts";
import type { Signs } from "./messages.ts";

/** How many segments are handed over at once, and how many there are at least from the one that is spoken. */
const BATCH = 16;
const AHEAD = 32;

export class SignSupply {
  private readonly patterns: Promise<Patterns>;
  private supplied = 0;

  /** @param give takes the signs of segments that follow each other. */
  constructor(
    own: OwnStream,
    private readonly give: (signs: Signs) => void,
  ) {
    this.patterns = patternsOf(own);
  }

  /** Hands over what is needed at a segment and after it. */
  async reach(segment: number): Promise<void> {
    while (this.supplied < segment + AHEAD) {
      const first = this.supplied;
      this.supplied += BATCH;
      this.give({ first, signs: await (await this.patterns).signs(first, BATCH) });
    }
  }
}

async function patternsOf({ secret, segmentMs, slotMs }: OwnStream): Promise<Patterns> {
  return Patterns.of(await markKey(secret), new Layout(segmentMs, slotMs));
}
