/** In the worker: where frames of both variants of one's own stream come from. */

import type { OwnStream } from "../protocol/index.ts";
import { Layout } from "../signal/layout.ts";
import { StreamRenderer } from "../signal/stream.ts";
import type { Signs, Source, VariantFrame } from "./messages.ts";

export interface MarkedFrames {
  /** Takes the signs of segments to come; nothing is given before there are some. */
  supply(signs: Signs): void;
  /** What is given from now on is silence, or is not any more. */
  mute(muted: boolean): void;
  close(): void;
}

/**
 * Opens a source.
 *
 * @param give is called with each frame, in order.
 * @param failed is called when the source cannot be read.
 */
export function framesOf(
  source: Source,
  own: OwnStream,
  give: (frame: VariantFrame) => void,
  failed: (error: unknown) => void,
): MarkedFrames {
  return source instanceof MessagePort ? new WorkletFrames(source, give) : new SoundFrames(source, own, give, failed);
}

/** MarkedFrames that the audio thread has marked. It hears silence itself when the microphone is muted. */
class WorkletFrames implements MarkedFrames {
  constructor(
    private readonly port: MessagePort,
    give: (frame: VariantFrame) => void,
  ) {
    port.onmessage = ({ data }: MessageEvent<VariantFrame>) => {
      give(data);
    };
  }

  supply(signs: Signs): void {
    this.port.postMessage(signs, [signs.signs.buffer]);
  }

  mute(): void {
    // the audio thread's input is silent by then
  }

  close(): void {
    this.port.close();
  }
}

/** MarkedFrames that are marked here, of sound that comes straight from the microphone. */
class SoundFrames implements MarkedFrames {
  private readonly renderer: StreamRenderer;
  private readonly reader: ReadableStreamDefaultReader<AudioData>;
  private samples = new Float32Array(480);
  private supplied = false;
  private muted = false;

  constructor(
    sound: ReadableStream<AudioData>,
    { segmentMs, slotMs, depth }: OwnStream,
    give: (frame: VariantFrame) => void,
    failed: (error: unknown) => void,
  ) {
    this.renderer = new StreamRenderer(new Layout(segmentMs, slotMs), depth, ({ segment, frame, variants }) => {
      give({ position: segment, frame, variants: [variants[0].slice(), variants[1].slice()] });
    });
    this.reader = sound.getReader();
    this.read().catch(failed);
  }

  supply({ first, signs }: Signs): void {
    this.renderer.supply(first, signs);
    this.supplied = true;
  }

  mute(muted: boolean): void {
    this.muted = muted;
  }

  close(): void {
    void this.reader.cancel().catch(() => undefined);
  }

  private async read(): Promise<void> {
    for (let next = await this.reader.read(); !next.done; next = await this.reader.read()) {
      this.take(next.value);
      next.value.close();
    }
  }

  private take(sound: AudioData): void {
    if (this.samples.length !== sound.numberOfFrames) {
      this.samples = new Float32Array(sound.numberOfFrames);
    }
    sound.copyTo(this.samples, { planeIndex: 0, format: "f32-planar" });
    if (this.muted) {
      this.samples.fill(0);
    }
    if (this.supplied) {
      this.renderer.push(this.samples);
    }
  }
}
