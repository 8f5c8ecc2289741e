/**
 * How a speaker's sound gets to where it is marked, and what carries it.
 *
 * Where the browser gives a track's sound to workers, the media worker marks it, in step with the microphone. Elsewhere
 * an audio worklet does, which has another clock, is some 20 ms later, and fills gaps with silence when the two drift. A
 * carrier is a track of silence that ticks as the sound does.
 */

import type { OwnStream } from "../protocol/index.ts";
import { RATE } from "./encoders.ts";
import type { Source } from "./messages.ts";
import type { Microphone } from "./microphone.ts";
import workletUrl from "./worklet.ts?worker&url";

/** A stream that is being marked. */
export interface Marking {
  /** For the worker: where its sound comes from. */
  readonly source: Source;
  /** A track of silence that ticks with the frames. */
  readonly carrier: MediaStreamTrack;
  /** Whether the browser says that it gives no sound for now. */
  resting(): boolean;
  stop(): void;
}

/** Begins to mark what a microphone hears. */
export function marking(microphone: Microphone, own: OwnStream): Promise<Marking> {
  return reaches(microphone.track) ? straight(microphone) : throughWorklet(microphone, own);
}

/** Whether a worker can have the track's sound as it is to be marked. */
function reaches(track: MediaStreamTrack): boolean {
  const { sampleRate, channelCount } = track.getSettings();
  return "MediaStreamTrackProcessor" in globalThis && sampleRate === RATE && channelCount === 1;
}

/** The microphone drives all, and its meter rests; its clone, which is never enabled, is the carrier. */
function straight(microphone: Microphone): Promise<Marking> {
  microphone.rest();
  const { track } = microphone;
  const carrier = track.clone();
  carrier.enabled = false;
  const source = new MediaStreamTrackProcessor({ track }).readable;
  const stop = (): void => {
    carrier.stop();
  };
  return Promise.resolve({ source, carrier, resting: () => carrier.muted, stop });
}

/** The worklet drives all; its own output, silence, is the carrier. */
async function throughWorklet({ context, source: sound }: Microphone, own: OwnStream): Promise<Marking> {
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
  const carrier = carrying.stream.getAudioTracks()[0]!;
  const { port1, port2 } = new MessageChannel();
  node.port.postMessage(port1, [port1]);
  node.connect(carrying);
  sound.connect(node);
  const stop = (): void => {
    node.port.postMessage(null);
    node.disconnect();
    carrier.stop();
  };
  return { source: port2, carrier, resting: () => context.state !== "running", stop };
}
