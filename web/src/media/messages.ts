/** What the page's threads say to each other. The worker alone has the keys of sound; the page hands them over. */

import type { DealtKeys, Epoch, Loss, OwnStream, Sampled, Spoken } from "../protocol/index.ts";
import type { Frames } from "./receiving.ts";

/** What the audio thread has to know of a stream: no secret of it. */
export interface WorkletOptions {
  segmentMs: number;
  slotMs: number;
  depth: number;
}

/** To the audio thread: the signs of segments from `first` on. */
export interface Signs {
  first: number;
  signs: Int8Array<ArrayBuffer>;
}

/**
 * Where one's own sound comes from: marked already, from the audio thread; or as the microphone gives it, for the worker
 * to mark.
 */
export type Source = MessagePort | ReadableStream<AudioData>;

/** 20 ms of a stream, which they are, and both variants, 960 samples each. */
export interface VariantFrame {
  position: number;
  frame: number;
  variants: [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
}

export type ToWorker =
  | { type: "speak"; own: OwnStream; source: Source; muted: boolean }
  | { type: "mute"; muted: boolean }
  | { type: "silence" }
  | { type: "epoch"; epoch: Epoch } // others may seal under it from now on
  | { type: "seal"; epoch: Epoch } // one's own stream is sealed under it from now on
  | { type: "keys"; stream: number; keys: DealtKeys }
  | { type: "sample"; stream: number; position: number }
  | ({ type: "receive"; stream: number } & Frames) // where a browser hands out a connection's frames
  | { type: "keep"; kept: boolean } // whether what is said in one's own stream is handed out, to be sealed
  | { type: "loss"; loss: Loss } // what listeners miss of one's own stream
  | { type: "drop"; stream: number }
  | { type: "count" };

/** What has become of the frames of one's own stream. */
export interface SendingCounts {
  /** How many packets were made. */
  sealed: number;
  /** How many frames were left out since this browser was too far behind. */
  dropped: number;
  /** The position of the newest. */
  position: number;
  /** How loud one has been of late, on a meter's scale; see `meter`. */
  level: number;
  /** How many of them found a carrier. */
  paired: number;
  droppedPackets: number;
  droppedCarriers: number;
  /** How many packets wait for a carrier now, 20 ms each. */
  waiting: number;
}

/** What has become of the packets of somebody else's stream. */
export interface ReceivingCounts {
  stream: number;
  opened: number;
  /** How many frames came out of later packets than their own, by how many frames later. */
  recovered: Record<number, number>;
  refused: Record<string, number>;
  keysUntil: number;
}

export interface Counts {
  sending: SendingCounts | null;
  streams: ReceivingCounts[];
}

export type FromWorker =
  | { type: "counts"; counts: Counts }
  | { type: "sampled"; stream: number; position: number; sampled: Sampled }
  | { type: "spoken"; spoken: Spoken }
  | { type: "unkept"; message: string } // what is said cannot be handed out any more
  | { type: "failed"; message: string };

/** What a transform is for; handed over when it is made. */
export type TransformOptions = { kind: "send" } | { kind: "receive"; stream: number };
