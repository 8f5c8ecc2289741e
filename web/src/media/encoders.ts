/** Two Opus encoders that turn each 20 ms of both variants into two frames of the same length. */

import type { Bytes } from "../keys.ts";
import type { VariantFrame } from "./messages.ts";

export const RATE = 48_000;
export const BIT_RATE = 32_000; // to begin with
export const FRAME_US = 20_000;

/** 20 ms of a stream, coded: which they are, and two Opus frames. */
export interface CodedFrame {
  position: number;
  frame: number;
  opus: [Bytes, Bytes];
}

/**
 * What `AudioEncoder` is asked for: a constant length, so that what is said cannot be told from how much is sent.
 *
 * Browsers make somewhat more of an effort by themselves, which nobody hears, and there are two variants to code.
 */
export const ENCODER_CONFIG = {
  codec: "opus",
  sampleRate: RATE,
  numberOfChannels: 1,
  bitrate: BIT_RATE,
  bitrateMode: "constant",
  opus: {
    format: "opus",
    frameDuration: FRAME_US,
    application: "audio",
    complexity: 7,
    usedtx: false,
    useinbandfec: false,
  },
} as const;

export class VariantEncoders {
  private readonly encoders: [AudioEncoder, AudioEncoder];
  private readonly coded: [Bytes[], Bytes[]] = [[], []];
  private readonly pending: { position: number; frame: number }[] = [];
  private frames = 0;
  private bitRate: number = BIT_RATE;

  /**
   * @param emit is called with each coded frame, in order.
   * @param failed is called when an encoder gives up; nothing is emitted after that.
   */
  constructor(
    private readonly emit: (frame: CodedFrame) => void,
    failed: (error: Error) => void,
  ) {
    this.encoders = [this.encoder(0, failed), this.encoder(1, failed)];
  }

  /** Codes what follows with so many bits a second, both variants alike. */
  setBitRate(bitrate: number): void {
    if (bitrate === this.bitRate) {
      return;
    }
    this.bitRate = bitrate;
    for (const encoder of this.encoders.filter(({ state }) => state === "configured")) {
      encoder.configure({ ...ENCODER_CONFIG, bitrate });
    }
  }

  push(frame: VariantFrame): void {
    const timestamp = this.frames * FRAME_US;
    this.frames += 1;
    this.pending.push({ position: frame.position, frame: frame.frame });
    this.encode(0, frame.variants[0], timestamp);
    this.encode(1, frame.variants[1], timestamp);
  }

  /** How many frames are being coded. */
  get waiting(): number {
    return this.pending.length;
  }

  close(): void {
    for (const encoder of this.encoders) {
      if (encoder.state !== "closed") {
        encoder.close();
      }
    }
  }

  private encoder(variant: 0 | 1, failed: (error: Error) => void): AudioEncoder {
    const output = (chunk: EncodedAudioChunk): void => {
      this.take(variant, chunk);
    };
    const encoder = new AudioEncoder({ output, error: failed });
    encoder.configure(ENCODER_CONFIG);
    return encoder;
  }

  private encode(variant: 0 | 1, samples: Float32Array<ArrayBuffer>, timestamp: number): void {
    const encoder = this.encoders[variant];
    if (encoder.state !== "configured") {
      return;
    }
    const data = new AudioData({
      format: "f32-planar",
      sampleRate: RATE,
      numberOfFrames: samples.length,
      numberOfChannels: 1,
      timestamp,
      data: samples,
    });
    encoder.encode(data);
    data.close();
  }

  private take(variant: 0 | 1, chunk: EncodedAudioChunk): void {
    const opus = new Uint8Array(chunk.byteLength);
    chunk.copyTo(opus);
    this.coded[variant].push(opus);
    if (this.coded[0].length > 0 && this.coded[1].length > 0) {
      this.emit({ ...this.pending.shift()!, opus: [this.coded[0].shift()!, this.coded[1].shift()!] });
    }
  }
}
