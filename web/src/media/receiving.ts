/** In the worker: sealed packets in, Opus frames for the browser's own decoder out. */

import type { Bytes } from "../keys.ts";
import type { Recovered } from "../protocol/index.ts";
import { each } from "./each.ts";

/** What a packet holds for this listener: its own frame, if any, and earlier ones that have not been heard, if any. */
export interface Opened {
  readonly opus: Bytes | null;
  readonly recovered: readonly Recovered[];
}

export type PacketOpener = (packet: Bytes) => Promise<Opened>;

/** Where a connection's frames come from, and where they go. */
export interface Frames {
  readonly readable: ReadableStream<RTCEncodedAudioFrame>;
  readonly writable: WritableStream<RTCEncodedAudioFrame>;
}

/** RTP's clock ticks in 20 ms. */
const FRAME_TICKS = 960;

/**
 * Passes on what could be opened, and nothing else: sealed bytes in a decoder are loud noise.
 *
 * An earlier frame is passed on with the time at which it belongs: the browser's jitter buffer puts it in its place, and
 * waits longer from then on if it came too late.
 */
export function receive({ readable, writable }: Frames, open: PacketOpener): void {
  const writer = writable.getWriter();
  const pass = async (frame: RTCEncodedAudioFrame): Promise<void> => {
    const { opus, recovered } = await open(new Uint8Array(frame.data));
    for (const earlier of recovered) {
      await writer.write(placed(frame, earlier));
    }
    if (opus !== null) {
      frame.data = opus.slice().buffer;
      await writer.write(frame);
    }
  };
  each(readable.getReader(), pass)
    .then(() => writer.close())
    .catch(() => undefined); // the connection is closed
}

/** What TypeScript's DOM library leaves out. */
type Placing = new (
  frame: RTCEncodedAudioFrame,
  options: { metadata: RTCEncodedAudioFrameMetadata },
) => RTCEncodedAudioFrame;

/** Returns a frame that came so long before another. */
function placed(frame: RTCEncodedAudioFrame, { age, opus }: Recovered): RTCEncodedAudioFrame {
  const metadata = frame.getMetadata();
  const rtpTimestamp = (metadata.rtpTimestamp! - age * FRAME_TICKS) >>> 0;
  const earlier = new (RTCEncodedAudioFrame as unknown as Placing)(frame, { metadata: { ...metadata, rtpTimestamp } });
  earlier.data = opus.slice().buffer;
  return earlier;
}
