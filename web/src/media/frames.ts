/** In the worker: where frames of both variants of one's own stream come from. */

import type { OwnStream } from "../protocol/index.ts";
import { Layout } from "../signal/layout.ts";
import { StreamRenderer } from "../signal/stream.ts";
import { each } from "./each.ts";
import type { Signs, Source, VariantFrame } from "./messages.ts";

export interface MarkedFrames {
  /** Takes the signs of segments to come; nothing is given before there are some. */
  supply(signs: Signs): void;
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

/** MarkedFrames that the audio thread has marked. */
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
    each(this.reader, (heard) => {
      this.take(heard);
    }).catch(failed);
  }

  supply({ first, signs }: Signs): void {
    this.renderer.supply(first, signs);
    this.supplied = true;
  }

  close(): void {
    void this.reader.cancel().catch(() => undefined);
  }

  private take(sound: AudioData): void {
    if (this.samples.length !== sound.numberOfFrames) {
      this.samples = new Float32Array(sound.numberOfFrames);
    }
    sound.copyTo(this.samples, { planeIndex: 0, format: "f32-planar" });
    if (this.supplied) {
      this.renderer.push(this.samples);
    }
    sound.close();
  }
}
