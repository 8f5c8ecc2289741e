/** Peer connections to the relay: one for one's own stream, one for each stream of the others. */

import type { ToWorker, TransformOptions } from "./messages.ts";
import { CUSHION_MS } from "./patience.ts";
import type { Frames } from "./receiving.ts";
import { asCarrier, onlyOpus } from "./sdp.ts";

/** Longest time to gather addresses; there are only those of this machine unless servers are configured. */
const GATHERING_MS = 3_000;

export function transform(worker: Worker, options: TransformOptions): RTCRtpScriptTransform {
  return new RTCRtpScriptTransform(worker, options);
}

/** One's own stream on its way to the relay. */
export class Publication {
  readonly connection: RTCPeerConnection;

  constructor(
    private readonly worker: Worker,
    private readonly carrier: MediaStreamTrack,
    iceServers: RTCIceServer[],
  ) {
    this.connection = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
  }

  /** Returns the offer, with every candidate in it. */
  async offer(): Promise<string> {
    const transceiver = this.connection.addTransceiver(this.carrier, { direction: "sendonly" });
    transceiver.sender.transform = transform(this.worker, { kind: "send" });
    transceiver.setCodecPreferences(onlyOpus(RTCRtpSender.getCapabilities("audio")?.codecs ?? []));
    const { sdp } = await this.connection.createOffer();
    await this.connection.setLocalDescription({ type: "offer", sdp: asCarrier(sdp!) });
    return await gathered(this.connection);
  }

  async accept(answer: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: "answer", sdp: asCarrier(answer) });
  }

  close(): void {
    this.connection.close();
  }
}

/** Somebody else's stream on its way from the relay. */
export class Subscription {
  readonly connection: RTCPeerConnection;
  private receiver: RTCRtpReceiver | null = null;

  constructor(
    private readonly worker: Worker,
    readonly stream: number,
    iceServers: RTCIceServer[],
  ) {
    const configuration = { iceServers, bundlePolicy: "max-bundle", encodedInsertableStreams: true } as const;
    this.connection = new RTCPeerConnection(configuration);
  }

  /** Takes the relay's offer. Returns the answer, with every candidate in it, and the sound. */
  async accept(offer: string): Promise<{ sdp: string; track: MediaStreamTrack }> {
    await this.connection.setRemoteDescription({ type: "offer", sdp: offer });
    const { receiver } = this.connection.getTransceivers()[0]!;
    this.receiver = receiver;
    this.wait(CUSHION_MS);
    // Before anything is awaited again: later, Chromium would ignore it and pass sealed bytes to the decoder.
    this.intercept(receiver);
    const { sdp } = await this.connection.createAnswer();
    await this.connection.setLocalDescription({ type: "answer", sdp: asCarrier(sdp!) });
    return { sdp: await gathered(this.connection), track: receiver.track };
  }

  /** Keeps so much sound back before it is played, at least. */
  wait(ms: number): void {
    if (this.receiver !== null && this.receiver.jitterBufferTarget !== ms) {
      this.receiver.jitterBufferTarget = ms;
    }
  }

  close(): void {
    this.connection.close();
  }

  /**
   * Has the worker take sealed packets apart before they are decoded.
   *
   * Chromium takes frames out of their order, which are recovered from later packets, on the older of its two ways only.
   */
  private intercept(receiver: RTCRtpReceiver & Partial<EncodedStreams>): void {
    const { worker, stream } = this;
    if (receiver.createEncodedStreams === undefined) {
      receiver.transform = transform(worker, { kind: "receive", stream });
      return;
    }
    const frames = receiver.createEncodedStreams();
    const message: ToWorker = { type: "receive", stream, readable: frames.readable, writable: frames.writable };
    worker.postMessage(message, [frames.readable, frames.writable]);
  }
}

/** Chromium's first way to a connection's frames. */
interface EncodedStreams {
  createEncodedStreams(): Frames;
}

/** Longest time for a new way to come about, in ms. */
const SETTING_UP_MS = 25_000;
/** How long a way may be silent after the browser has begun to miss its signs of life. */
const SILENT_MS = 2_000;

/** Calls `broken` when a connection fails, does not come about, or falls silent; not when it is closed on this side. */
export function whenBroken(connection: RTCPeerConnection, broken: () => void): void {
  const expire = (): void => {
    if (connection.connectionState !== "closed") {
      broken();
    }
  };
  let timer = setTimeout(expire, SETTING_UP_MS);
  connection.addEventListener("connectionstatechange", () => {
    if (connection.connectionState === "connecting") {
      return;
    }
    clearTimeout(timer);
    if (connection.connectionState === "failed") {
      broken();
    } else if (connection.connectionState === "disconnected") {
      timer = setTimeout(expire, SILENT_MS);
    }
  });
}

/** Returns the local description once all candidates are in it, or those found until then. */
async function gathered(connection: RTCPeerConnection): Promise<string> {
  await new Promise<void>((resolve) => {
    const check = (): void => {
      if (connection.iceGatheringState === "complete") {
        resolve();
      }
    };
    connection.addEventListener("icegatheringstatechange", check);
    setTimeout(resolve, GATHERING_MS);
    check();
  });
  return connection.localDescription!.sdp;
}
