/** In the worker: both variants in, sealed packets out, each in the place of a carrier's frame. */

import type { Bytes } from "../keys.ts";
import type { Loss, OwnStream, Spoken } from "../protocol/index.ts";
import { each } from "./each.ts";
import { VariantEncoders, type CodedFrame } from "./encoders.ts";
import { framesOf, type MarkedFrames } from "./frames.ts";
import { Keeping } from "./keeping.ts";
import type { SendingCounts, Source, VariantFrame } from "./messages.ts";
import { meter } from "./meter.ts";
import { Pairing } from "./pairing.ts";
import { CALM, Planner } from "./plan.ts";
import { SignSupply } from "./signs.ts";

/** Seals one frame of both variants into a packet, with copies of earlier ones. */
export interface PacketSealer {
  seal(position: number, frame: number, variants: readonly [Bytes, Bytes], ages: readonly number[]): Promise<Bytes>;
}

/** How much of a level is left 20 ms later: half a second on, it is a twelfth. */
const FADING = 0.905;

/** So many frames of 20 ms may be under way in this browser: half a second of sound. */
const MOST_WAITING = 25;

export class Sending {
  private sealed = 0;
  private sealing = 0;
  private dropped = 0;
  private position = 0;
  private level = 0;
  private muted = false;
  private readonly encoders: VariantEncoders;
  private readonly frames: MarkedFrames;
  private readonly planner = new Planner();
  private plan = CALM;
  private readonly pairing = new Pairing<RTCEncodedAudioFrame, Bytes>((carrier, packet) => {
    this.write(carrier, packet);
  });
  /** To the connection that the stream goes by now. */
  private writer: WritableStreamDefaultWriter<RTCEncodedAudioFrame> | null = null;
  private last: Promise<void> = Promise.resolve();
  private keeping: Keeping | null = null;

  /**
   * @param own the stream, for the signs by which it is marked.
   * @param sealer has the keys of this stream.
   * @param source is where its sound comes from.
   * @param failed is told once when coding or sealing gives up; nothing is sent after that.
   */
  constructor(
    private readonly own: OwnStream,
    private readonly sealer: PacketSealer,
    source: Source,
    private readonly failed: (error: unknown) => void,
  ) {
    this.encoders = new VariantEncoders((frame) => {
      this.enqueue(frame);
    }, failed);
    const supply = new SignSupply(own, (signs) => {
      this.frames.supply(signs);
    });
    const take = (frame: VariantFrame): void => {
      this.take(frame);
      supply.reach(frame.position).catch(failed);
    };
    this.frames = framesOf(source, own, take, failed);
    supply.reach(0).catch(failed);
  }

  get counts(): SendingCounts {
    return {
      sealed: this.sealed,
      dropped: this.dropped,
      position: this.position,
      level: this.level,
      ...this.pairing.counts,
      waiting: this.pairing.waiting,
    };
  }

  /**
   * Takes the carrier's frames and sends packets instead; a frame for which there is none is not sent at all.
   *
   * Frames belong to their connection: one of an earlier connection would break the stream into this one for good.
   */
  carry(transformer: RTCRtpScriptTransformer): void {
    const writer = (transformer.writable as WritableStream<RTCEncodedAudioFrame>).getWriter();
    this.writer = writer;
    this.pairing.renew();
    const take = (carrier: RTCEncodedAudioFrame): void => {
      if (this.writer === writer) {
        this.pairing.carrier(carrier);
      }
    };
    const reader = (transformer.readable as ReadableStream<RTCEncodedAudioFrame>).getReader();
    each(reader, take).catch(() => undefined); // the connection is closed
  }

  /** What is sent and kept from now on is silence, or is not any more. */
  mute(muted: boolean): void {
    this.muted = muted;
  }

  /** Takes what listeners miss. */
  lost(loss: Loss): void {
    this.planner.lost(loss);
  }

  /**
   * Hands out what is said, unmarked, in pieces; null ends that.
   *
   * @param failed is told where it cannot be coded; the stream itself goes on.
   */
  keep(emit: ((spoken: Spoken) => void) | null, failed: (error: unknown) => void): void {
    this.keeping?.close();
    this.keeping = emit && new Keeping(this.own.stream, emit, failed);
  }

  close(): void {
    this.keeping?.close();
    this.keeping = null;
    this.frames.close();
    this.encoders.close();
    this.writer = null;
  }

  /** Codes a frame, unless this browser is so far behind that nobody would hear it in time. */
  private take(frame: VariantFrame): void {
    if (this.muted) {
      frame.variants.forEach((samples) => samples.fill(0));
    }
    this.level = Math.max(meter(frame.variants[0]), FADING * this.level);
    if (this.encoders.waiting + this.sealing < MOST_WAITING) {
      this.plan = this.planner.at(performance.now());
      this.keeping?.push(frame);
      this.encoders.setBitRate(this.plan.bitRate);
      this.encoders.push(frame);
    } else {
      this.dropped += 1;
    }
  }

  /** Seals one after the other, so that packets stay in order. */
  private enqueue(frame: CodedFrame): void {
    this.sealing += 1;
    this.last = this.last
      .then(() => this.seal(frame))
      .catch(this.failed)
      .finally(() => (this.sealing -= 1));
  }

  private async seal({ position, frame, opus }: CodedFrame): Promise<void> {
    const packet = await this.sealer.seal(position, frame, opus, this.plan.copies);
    this.sealed += 1;
    this.position = position;
    this.pairing.packet(packet);
  }

  private write(carrier: RTCEncodedAudioFrame, packet: Bytes): void {
    carrier.data = packet.buffer;
    this.writer?.write(carrier).catch(() => undefined); // the connection is closed
  }
}
