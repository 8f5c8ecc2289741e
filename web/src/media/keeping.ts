/** In the worker: codes what is said, unmarked, and hands it out in pieces, to be sealed for the vault. */

import type { Bytes } from "../keys.ts";
import { SEGMENT_FRAMES, type Spoken } from "../protocol/index.ts";
import { ENCODER_CONFIG, FRAME_US, RATE } from "./encoders.ts";
import type { VariantFrame } from "./messages.ts";

/** So many frames of 20 ms make a piece: 1.2 s. What is lost with a page that dies is one piece and what is under way. */
export const PIECE_FRAMES = 60;

/** Puts coded frames together to pieces. */
export class Pieces {
  private first: number | null = null;
  private frames: (Bytes | null)[] = [];

  /** @param emit takes each piece when it is whole. */
  constructor(
    private readonly stream: number,
    private readonly emit: (spoken: Spoken) => void,
  ) {}

  /** @param place which frame of the stream it is; rising, some may be left out. */
  add(place: number, opus: Bytes): void {
    this.first ??= place;
    while (this.first + this.frames.length < place && this.frames.length < PIECE_FRAMES) {
      this.frames.push(null);
    }
    if (this.frames.length === PIECE_FRAMES) {
      this.give();
      this.first = place;
    }
    this.frames.push(opus);
    if (this.frames.length === PIECE_FRAMES) {
      this.give();
    }
  }

  private give(): void {
    const { stream, first, frames } = this;
    if (first !== null) {
      this.emit({ stream, position: Math.floor(first / SEGMENT_FRAMES), frame: first % SEGMENT_FRAMES, frames });
    }
    this.first = null;
    this.frames = [];
  }
}

/** Keeps one stream: what lies halfway between both variants is what was said, without a mark. */
export class Keeping {
  private readonly encoder: AudioEncoder;
  private readonly pending: number[] = [];
  private readonly pieces: Pieces;
  private frames = 0;

  /**
   * @param emit takes each piece.
   * @param failed is called when the encoder gives up; nothing is emitted after that.
   */
  constructor(stream: number, emit: (spoken: Spoken) => void, failed: (error: Error) => void) {
    this.pieces = new Pieces(stream, emit);
    this.encoder = new AudioEncoder({
      output: (chunk) => {
        this.take(chunk);
      },
      error: failed,
    });
    this.encoder.configure(ENCODER_CONFIG);
  }

  push({ position, frame, variants }: VariantFrame): void {
    if (this.encoder.state !== "configured") {
      return;
    }
    const said = variants[0].map((sample, n) => (sample + variants[1][n]!) / 2);
    const data = new AudioData({
      format: "f32-planar",
      sampleRate: RATE,
      numberOfFrames: said.length,
      numberOfChannels: 1,
      timestamp: this.frames * FRAME_US,
      data: said,
    });
    this.frames += 1;
    this.pending.push(position * SEGMENT_FRAMES + frame);
    this.encoder.encode(data);
    data.close();
  }

  close(): void {
    if (this.encoder.state !== "closed") {
      this.encoder.close();
    }
  }

  private take(chunk: EncodedAudioChunk): void {
    const opus = new Uint8Array(chunk.byteLength);
    chunk.copyTo(opus);
    this.pieces.add(this.pending.shift()!, opus);
  }
}
