/** On the audio thread: marks the microphone's sound and posts frames of both variants to the worker. */

import { Layout } from "../signal/layout.ts";
import { StreamRenderer, type Frame } from "../signal/stream.ts";
import type { Signs, VariantFrame, WorkletOptions } from "./messages.ts";

const SILENCE = new Float32Array(128);

class Marker extends AudioWorkletProcessor {
  private readonly renderer: StreamRenderer;
  private worker: MessagePort | null = null;
  private started = false;

  constructor(options: AudioWorkletNodeOptions) {
    super();
    const { segmentMs, slotMs, depth } = options.processorOptions as WorkletOptions;
    this.renderer = new StreamRenderer(new Layout(segmentMs, slotMs), depth, (frame) => {
      this.post(frame);
    });
    this.port.onmessage = ({ data }: MessageEvent<MessagePort | null>) => {
      this.meet(data);
    };
  }

  /** Marks what the microphone gives; silence where it gives nothing. Its own output, the carrier, stays silent. */
  process(inputs: Float32Array[][]): boolean {
    if (this.started) {
      this.renderer.push(inputs[0]?.[0] ?? SILENCE);
    }
    return true;
  }

  /** Takes the port on which signs come in and frames go out; null ends the stream. */
  private meet(port: MessagePort | null): void {
    this.worker = port;
    this.started = false;
    if (port !== null) {
      port.onmessage = ({ data }: MessageEvent<Signs>) => {
        this.renderer.supply(data.first, data.signs);
        this.started = true;
      };
    }
  }

  private post({ segment, frame, variants }: Frame): void {
    const copies: VariantFrame["variants"] = [variants[0].slice(), variants[1].slice()];
    const message: VariantFrame = { position: segment, frame, variants: copies };
    this.worker?.postMessage(message, [copies[0].buffer, copies[1].buffer]);
  }
}

registerProcessor("earmark-marker", Marker);
