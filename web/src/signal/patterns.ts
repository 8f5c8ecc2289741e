/** The pattern: the keyed signs by which the two variants of a segment differ, as in `earmark.signal.patterns`. */

import { BLOCK_BYTES, derive, keystream, type Bytes } from "../keys.ts";
import type { Layout } from "./layout.ts";

export const LABEL = "earmark/1 pattern";

/** The patterns of one stream. */
export class Patterns {
  private constructor(
    readonly layout: Layout,
    private readonly key: Bytes,
  ) {}

  /**
   * @param markKey the stream's secret, 32 bytes.
   * @param layout the cells of a segment.
   */
  static async of(markKey: Bytes, layout: Layout): Promise<Patterns> {
    return new Patterns(layout, await derive(markKey, LABEL));
  }

  /** Number of keystream blocks that a segment owns. */
  get blocksPerSegment(): number {
    return Math.ceil(this.layout.cells / (8 * BLOCK_BYTES));
  }

  /**
   * Returns the signs, 1 or -1, of `count` segments from `first` on: slot by slot and within a slot from the lowest
   * band up, `count * layout.cells` of them. 1: the cell is raised in variant 1 and lowered in variant 0.
   */
  async signs(first: number, count: number): Promise<Int8Array<ArrayBuffer>> {
    const blocks = this.blocksPerSegment;
    const stream = await keystream(this.key, first * blocks, count * blocks);
    const { cells } = this.layout;
    const signs = new Int8Array(count * cells);
    for (let segment = 0; segment < count; segment++) {
      unpack(stream.subarray(segment * blocks * BLOCK_BYTES), signs.subarray(segment * cells, (segment + 1) * cells));
    }
    return signs;
  }
}

/** Writes bits, the most significant of a byte first, as signs: 1 becomes 1, 0 becomes -1. */
function unpack(octets: Bytes, signs: Int8Array): void {
  for (let cell = 0; cell < signs.length; cell++) {
    signs[cell] = (octets[cell >> 3]! >> (7 - (cell & 7))) & 1 ? 1 : -1;
  }
}
