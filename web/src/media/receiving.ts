/** In the worker: packets in, the Opus frames that can be opened out. */

import type { Bytes } from "../keys.ts";

/** Opens the half of a packet for which there is a key; null where there is none, or where anything is wrong. */
export type PacketOpener = (packet: Bytes) => Promise<Bytes | null>;

/** Passes on what could be opened, and nothing else: sealed bytes in a decoder are loud noise. */
export function receive(transformer: RTCRtpScriptTransformer, open: PacketOpener): void {
  const opening = new TransformStream<RTCEncodedAudioFrame, RTCEncodedAudioFrame>({
    transform: async (frame, controller) => {
      const opus = await open(new Uint8Array(frame.data));
      if (opus !== null) {
        frame.data = opus.slice().buffer;
        controller.enqueue(frame);
      }
    },
  });
  const readable = transformer.readable as ReadableStream<RTCEncodedAudioFrame>;
  const writable = transformer.writable as WritableStream<RTCEncodedAudioFrame>;
  readable
    .pipeThrough(opening)
    .pipeTo(writable)
    .catch(() => undefined); // the connection is closed
}
