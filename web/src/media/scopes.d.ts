/** What TypeScript's DOM library leaves out: the scopes of transforms and of the audio thread. */

interface RTCRtpScriptTransformer {
  readonly options: unknown;
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
}

interface RTCTransformEvent extends Event {
  readonly transformer: RTCRtpScriptTransformer;
}

/** Chromium's way to a track's sound, off the page's own thread. */
declare class MediaStreamTrackProcessor {
  constructor(init: { track: MediaStreamTrack });
  readonly readable: ReadableStream<AudioData>;
}

declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

declare function registerProcessor(
  name: string,
  processor: new (options: AudioWorkletNodeOptions) => AudioWorkletProcessor,
): void;
