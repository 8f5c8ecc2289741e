/** Peer connections to the relay: one for one's own stream, one for each stream of the others. */

import { asCarrier, onlyOpus } from "./sdp.ts";
import type { TransformOptions } from "./messages.ts";

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

  constructor(
    private readonly worker: Worker,
    readonly stream: number,
    iceServers: RTCIceServer[],
  ) {
    this.connection = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
  }

  /** Takes the relay's offer. Returns the answer, with every candidate in it, and the sound. */
  async accept(offer: string): Promise<{ sdp: string; track: MediaStreamTrack }> {
    await this.connection.setRemoteDescription({ type: "offer", sdp: offer });
    const { receiver } = this.connection.getTransceivers()[0]!;
    // Before anything is awaited again: later, Chromium would ignore it and pass sealed bytes to the decoder.
    receiver.transform = transform(this.worker, { kind: "receive", stream: this.stream });
    const { sdp } = await this.connection.createAnswer();
    await this.connection.setLocalDescription({ type: "answer", sdp: asCarrier(sdp!) });
    return { sdp: await gathered(this.connection), track: receiver.track };
  }

  close(): void {
    this.connection.close();
  }
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
