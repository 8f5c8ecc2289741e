/** The audio graph of a speaker: microphone → worklet, which is also the clock of the carrier. */

import type { OwnStream } from "../protocol/index.ts";
import workletUrl from "./worklet.ts?worker&url";

export class Marking {
  private constructor(
    private readonly node: AudioWorkletNode,
    private readonly carrying: MediaStreamAudioDestinationNode,
  ) {}

  /**
   * Marks what `source` plays, from now on.
   *
   * The worklet's own output is silence: it exists so that one clock drives carriers and packets.
   *
   * @returns the marking, and the port on which signs go in and frames of both variants come out.
   */
  static async start(
    context: AudioContext,
    source: AudioNode,
    own: OwnStream,
  ): Promise<{ marking: Marking; frames: MessagePort }> {
    await context.audioWorklet.addModule(workletUrl);
    const node = new AudioWorkletNode(context, "earmark-marker", {
      numberOfInputs: 1,
      numberOfOutputs: 1,
      outputChannelCount: [1],
      channelCount: 1,
      channelCountMode: "explicit",
      processorOptions: { segmentMs: own.segmentMs, slotMs: own.slotMs, depth: own.depth },
    });
    const carrying = context.createMediaStreamDestination();
    const { port1, port2 } = new MessageChannel();
    node.port.postMessage(port1, [port1]);
    node.connect(carrying);
    source.connect(node);
    return { marking: new Marking(node, carrying), frames: port2 };
  }

  /** The carrier: a track of silence that ticks with the frames. */
  get carrier(): MediaStreamTrack {
    return this.carrying.stream.getAudioTracks()[0]!;
  }

  stop(): void {
    this.node.port.postMessage(null);
    this.node.disconnect();
    this.carrier.stop();
  }
}
