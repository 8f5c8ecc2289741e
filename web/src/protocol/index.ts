/**
 * The confidential call's protocol, without a page: keys, sealed frames, the members' group, messages, the member.
 *
 * Start with README.md in this folder.
 */

export { Device, type DeviceStore, MemoryStore } from "./device.ts";
export { type DealtKeys, Opener, type Outcome, type Recovered, type Refusal } from "./opener.ts";
export { Openers } from "./openers.ts";
export { MAX_OPUS_BYTES, MAX_PACKET_BYTES } from "./packet.ts";
export { BLOCK_POSITIONS, type Epoch, markKey, SEGMENT_FRAMES, type Variant } from "./schedule.ts";
export { Sealer, type Variants } from "./sealer.ts";
export { GroupError, MessageError, PacketError, ProtocolError, SealingError } from "./errors.ts";
export type { Doubt } from "./messages.ts";
export type { IceServer, Intent, MediaEvent, Member, Offered, Problem, View } from "./events.ts";
export type { Line, Loss, Media, OwnStream, Ports, Transport } from "./ports.ts";
export type { Sampled } from "./witness.ts";
export type { Spoken } from "./speech.ts";
export { Session, type SessionOptions } from "./session.ts";
