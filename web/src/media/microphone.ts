/** The microphone: opened by a click and never otherwise. */

import { meter } from "./meter.ts";

/** Thrown when there is no microphone to be had; `message` says what to do. */
export class MicrophoneError extends Error {
  override readonly name = "MicrophoneError";
}

export class Microphone {
  readonly source: MediaStreamAudioSourceNode;
  private readonly analyser: AnalyserNode;
  private readonly samples: Float32Array<ArrayBuffer>;
  private heard = false;

  private constructor(
    readonly context: AudioContext,
    private readonly stream: MediaStream,
  ) {
    this.source = context.createMediaStreamSource(stream);
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 2048;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.source.connect(this.analyser);
  }

  /**
   * Asks for the microphone.
   *
   * @param cleaned whether the browser takes away echo and noise, and evens out loudness.
   * @throws MicrophoneError with what to do.
   */
  static async open(context: AudioContext, cleaned: boolean): Promise<Microphone> {
    const audio = {
      channelCount: 1,
      echoCancellation: cleaned,
      noiseSuppression: cleaned,
      autoGainControl: cleaned,
    };
    let stream: MediaStream | null = null;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio });
      return new Microphone(context, stream);
    } catch (error) {
      stream?.getTracks().forEach((track) => {
        track.stop();
      });
      throw new MicrophoneError(whatToDo(error), { cause: error });
    }
  }

  get muted(): boolean {
    return !this.track.enabled;
  }

  set muted(muted: boolean) {
    this.track.enabled = !muted;
  }

  /** Calls `lost` when the microphone is unplugged or taken away. */
  onLost(lost: () => void): void {
    this.track.addEventListener("ended", lost);
  }

  /** How loud it is now: 0 (silence, or below −60 dB) to 1 (full scale), even in decibels. */
  level(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    return meter(this.samples);
  }

  /** Lets one hear oneself, or stops it. */
  set loopback(on: boolean) {
    if (on !== this.heard) {
      this.heard = on;
      if (on) {
        this.source.connect(this.context.destination);
      } else {
        this.source.disconnect(this.context.destination);
      }
    }
  }

  /** Ends the meter and the hearing of oneself, which take an audio thread of their own. The track goes on. */
  rest(): void {
    void this.context.suspend().catch(() => undefined); // it is closed, and rests
  }

  close(): void {
    this.source.disconnect();
    this.track.stop();
  }

  /** Its track: whoever takes its sound elsewhere than through `source` mutes it too. */
  get track(): MediaStreamTrack {
    return this.stream.getAudioTracks()[0]!;
  }
}

function whatToDo(error: unknown): string {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
      return "The browser does not let this page use the microphone. Allow it in the address bar, or listen only.";
    case "NotFoundError":
      return "No microphone was found. Plug one in and try again, or listen only.";
    case "NotReadableError":
      return "The microphone is used by another program. Close that and try again, or listen only.";
    default:
      return "The microphone could not be opened. Try another one, or listen only.";
  }
}
