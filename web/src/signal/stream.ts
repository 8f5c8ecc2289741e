/**
 * Both variants of a stream while it is spoken, in frames of 20 ms.
 *
 * **Delay.** A sample is final when all windows over it have been heard, so a frame can be given out when the last
 * window that begins in it has ended. `delay` is how much later that is than the frame's own end, for the frame that
 * waits longest; every frame waits that long, so that sound keeps its pace. With 240 ms segments it is 20 ms for slots of
 * 20 ms, and 50 ms for slots of 30 ms. Nothing less is possible with such windows.
 *
 * **Signs** are handed in ahead of time, since an audio thread cannot wait for them. A segment whose signs are not there
 * when its first window ends is silent in both variants and counted: unmarked sound never leaves.
 */

import { RATE, type Layout } from "./layout.ts";
import { SlotMarker } from "./variants.ts";

export const FRAME = (20 * RATE) / 1000;

/** A frame of both variants. Its sound is overwritten by the next one: keep a copy of what is kept. */
export interface Frame {
  /** Number of the segment, from 0. */
  segment: number;
  /** Number of the frame in it, from 0. */
  frame: number;
  /** Whether the segment's signs came in time; if not, both variants are silent. */
  marked: boolean;
  readonly variants: readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
}

/** How many segments' signs can be held. */
export const AHEAD = 64;

/** Renders a stream; nothing is allocated after construction. */
export class StreamRenderer {
  /** How much later than its own end a frame is given out, in samples. */
  readonly delay: number;
  private readonly marker: SlotMarker;
  private readonly signs: Int8Array;
  /** Which segment's signs are in each place; -1 for none. */
  private readonly held = new Float64Array(AHEAD).fill(-1);
  /** What was spoken in the last two segments. */
  private readonly spoken: Float32Array;
  private readonly odd: Float64Array;
  private readonly even: Float64Array;
  private readonly frame: Frame = {
    segment: 0,
    frame: 0,
    marked: false,
    variants: [new Float32Array(FRAME), new Float32Array(FRAME)],
  };
  /** Samples heard; windows marked and frames given out since the stream began. */
  private samples = 0;
  private windows = 0;
  private frames = 0;
  private marked = false;
  private silent = 0;

  /**
   * @param layout the cells of a segment; segments are whole frames.
   * @param depth the largest gain of a cell, as a part of its amplitude; between 0 and 1.
   * @param emit is given each frame as soon as it is final.
   */
  constructor(
    private readonly layout: Layout,
    depth: number,
    private readonly emit: (frame: Frame) => void,
  ) {
    this.marker = new SlotMarker(layout, depth);
    this.delay = delayOf(layout);
    this.signs = new Int8Array(AHEAD * layout.cells);
    this.spoken = new Float32Array(2 * layout.segment);
    this.odd = new Float64Array(layout.segment);
    this.even = new Float64Array(layout.segment);
  }

  /** Number of segments that were silent because their signs were missing. */
  get missing(): number {
    return this.silent;
  }

  /** Number of the segment that is heard now. */
  get segment(): number {
    return Math.floor(this.samples / this.layout.segment);
  }

  /**
   * Takes the signs of segments from `first` on, `layout.cells` for each; see `Patterns.signs`.
   *
   * Of segments that are over, and of those 64 or more ahead, nothing is kept.
   */
  supply(first: number, signs: Int8Array): void {
    const { cells } = this.layout;
    if (signs.length % cells !== 0) {
      throw new RangeError(`a segment has ${cells} signs; ${signs.length} are no whole number of segments`);
    }
    const now = this.segment;
    for (let segment = first, at = 0; at < signs.length; segment++, at += cells) {
      if (segment < now || segment >= now + AHEAD) continue;
      this.signs.set(signs.subarray(at, at + cells), (segment % AHEAD) * cells);
      this.held[segment % AHEAD] = segment;
    }
  }

  /** Takes what was spoken next: any number of samples, full scale ±1. */
  push(sound: Float32Array): void {
    let taken = 0;
    while (taken < sound.length) {
      const windowEnd = this.windowEnd();
      const due = (this.frames + 1) * FRAME + this.delay;
      const next = Math.min(windowEnd, due);
      const count = Math.min(sound.length - taken, next - this.samples);
      this.keep(sound, taken, count);
      taken += count;
      if (this.samples === windowEnd) this.mark();
      if (this.samples === due) this.give();
    }
  }

  /** Returns the sample at which the next window ends. */
  private windowEnd(): number {
    const { slots, segment, starts, window } = this.layout;
    return Math.floor(this.windows / slots) * segment + starts[this.windows % slots]! + window;
  }

  private keep(sound: Float32Array, first: number, count: number): void {
    const { spoken } = this;
    let place = this.samples % spoken.length;
    for (let n = first; n < first + count; n++) {
      spoken[place] = sound[n]!;
      place = place + 1 === spoken.length ? 0 : place + 1;
    }
    this.samples += count;
  }

  /** Marks the window that has just ended. */
  private mark(): void {
    const { slots, segment: length, starts, cells } = this.layout;
    const segment = Math.floor(this.windows / slots);
    const slot = this.windows % slots;
    if (slot === 0) this.begin(segment);
    if (this.marked) {
      const start = (segment % 2) * length + starts[slot]!;
      const cell = (segment % AHEAD) * cells + (slot * cells) / slots;
      this.marker.mark(this.spoken, start, this.signs, cell, this.odd, this.even, starts[slot]!);
    }
    this.windows++;
  }

  /** Begins to mark a segment; the one before has been given out by then. */
  private begin(segment: number): void {
    this.odd.fill(0);
    this.even.fill(0);
    this.marked = this.held[segment % AHEAD] === segment;
    if (!this.marked) this.silent++;
  }

  /** Gives out the frame that is due. */
  private give(): void {
    const { segment: length } = this.layout;
    const first = this.frames * FRAME;
    const place = first % length;
    const { frame, odd, even, spoken } = this;
    const [zero, one] = frame.variants;
    frame.segment = Math.floor(first / length);
    frame.frame = place / FRAME;
    frame.marked = this.marked;
    const start = first % spoken.length;
    for (let n = 0; n < FRAME; n++) {
      const both = this.marked ? spoken[start + n]! + even[place + n]! : 0;
      const apart = this.marked ? odd[place + n]! : 0;
      zero[n] = both - apart;
      one[n] = both + apart;
    }
    this.frames++;
    this.emit(frame);
  }
}

/** Returns how much later than its own end a frame is final, in samples, for the frame of a segment that waits longest. */
export function delayOf(layout: Layout): number {
  let longest = 0;
  for (let end = FRAME; end <= layout.segment; end += FRAME) {
    const last = layout.starts.findLast((start) => start < end) ?? 0;
    longest = Math.max(longest, last + layout.window - end);
  }
  return longest;
}
