/**
 * One frame of a speaker's stream on its way: both variants, sealed under different keys, in one payload; and copies of
 * earlier frames, for those who have lost the packets that they came in.
 *
 * | bytes | what                                                              |
 * | ----- | ----------------------------------------------------------------- |
 * | 1     | version, 2                                                        |
 * | 2     | stream                                                            |
 * | 8     | epoch of the members' group                                       |
 * | 4     | position: which segment of the stream                             |
 * | 1     | frame in the segment, 0 to 11                                     |
 * | 2     | variant 0: length of its SFrame ciphertext                        |
 * | 8     | variant 0: key check                                              |
 * | …     | variant 0: SFrame ciphertext of one Opus frame of 20 ms           |
 * | 2+8+… | variant 1, in the same way                                        |
 * | 1     | a copy, if any: of the frame that many frames before, 1 to 12     |
 * | 2+8+… | its variant 0, in the same way                                    |
 * | 2+8+… | its variant 1; then further copies, each older than the one before |
 *
 * The first 16 bytes are the head, which all ciphertexts authenticate. A copy is sealed under the keys of the segment that
 * its frame is of, whichever segment the packet is of: so nobody can open another variant of a segment by its copies.
 */

import type { Bytes } from "../keys.ts";
import { concat } from "./bytes.ts";
import { PacketError } from "./errors.ts";
import { CHECK_BYTES, MOST_POSITIONS, SEGMENT_FRAMES } from "./schedule.ts";
import { TAG_BYTES } from "./sframe.ts";

export const PACKET_VERSION = 2;

/** Chromium stops an audio sender for good that is given more than this. */
export const MAX_PACKET_BYTES = 1000;

/** The longest Opus frame that is sealed: two of them fit into a packet. */
export const MAX_OPUS_BYTES = 400;

/** The oldest frame that may be copied: so many before the packet's own. */
export const OLDEST_COPY = SEGMENT_FRAMES;

/** Bytes of the head. */
export const HEAD_BYTES = 16;
/** Of an SFrame header with positions of four bytes, and the tag. */
const MOST_SFRAME_BYTES = 7 + TAG_BYTES;
const MIN_SEALED_BYTES = 1 + TAG_BYTES + 1;

/** Where a frame belongs. */
export interface Head {
  /** Number of the speaker's stream, 0 to 65,535. */
  readonly stream: number;
  /** 0 to 2⁵³ − 1. */
  readonly epoch: number;
  /** 0 to 2³² − 1. */
  readonly position: number;
  /** 0 to 11. */
  readonly frame: number;
}

/** One variant of a frame, sealed. */
export interface Half {
  /** The key check, 8 bytes. */
  readonly check: Bytes;
  /** The SFrame ciphertext. */
  readonly sealed: Bytes;
}

/** An earlier frame once more. */
export interface Copy {
  /** How many frames before the packet's own, 1 to 12. */
  readonly age: number;
  readonly halves: readonly [Half, Half];
}

export interface Packet extends Head {
  readonly halves: readonly [Half, Half];
  /** The youngest first. */
  readonly copies: readonly Copy[];
}

/** Returns the number of a frame in its stream. */
export function placeOf({ position, frame }: Pick<Head, "position" | "frame">): number {
  return position * SEGMENT_FRAMES + frame;
}

/** Bytes that a copy of two Opus frames takes, at most. */
export function copyBytes(first: number, second: number): number {
  return 1 + 2 * (2 + CHECK_BYTES + MOST_SFRAME_BYTES) + first + second;
}

/** Returns the 16 bytes at the start of a packet. */
export function encodeHead(head: Head): Bytes {
  checkHead(head);
  const bytes = new Uint8Array(HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, PACKET_VERSION);
  view.setUint16(1, head.stream);
  view.setBigUint64(3, BigInt(head.epoch));
  view.setUint32(11, head.position);
  view.setUint8(15, head.frame);
  return bytes;
}

/** Returns what both ends authenticate beside a half's SFrame header: the head, and the half's key check. */
export function metadata(head: Head, check: Bytes): Bytes {
  return concat(encodeHead(head), check);
}

/**
 * Returns a packet's bytes.
 *
 * @throws {@link PacketError} a number or length is out of its range.
 */
export function pack(packet: Packet): Bytes {
  const copies = packet.copies.map(({ age, halves }) => concat([age], ...halves.map(packHalf)));
  checkAges(packet.copies);
  const bytes = concat(encodeHead(packet), ...packet.halves.map(packHalf), ...copies);
  if (bytes.length > MAX_PACKET_BYTES) throw new PacketError(`a packet of ${bytes.length} bytes is too long`);
  return bytes;
}

/**
 * Returns the packet that bytes from the network are.
 *
 * @throws {@link PacketError} they are none.
 */
export function unpack(bytes: Bytes): Packet {
  if (bytes.length < HEAD_BYTES || bytes.length > MAX_PACKET_BYTES) throw new PacketError("no packet has that length");
  const head = decodeHead(bytes);
  const [halves, end] = unpackHalves(bytes, HEAD_BYTES);
  return { ...head, halves, copies: unpackCopies(bytes, end) };
}

/** Returns the stream that a packet says it is of; null where bytes are too short to be one. Nothing is checked. */
export function streamOf(bytes: Bytes): number | null {
  return bytes.length < HEAD_BYTES ? null : new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES).getUint16(1);
}

function decodeHead(bytes: Bytes): Head {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  if (view.getUint8(0) !== PACKET_VERSION) throw new PacketError(`packets of version ${view.getUint8(0)} are unknown`);
  const head = {
    stream: view.getUint16(1),
    epoch: Number(view.getBigUint64(3)),
    position: view.getUint32(11),
    frame: view.getUint8(15),
  };
  checkHead(head);
  return head;
}

function checkHead({ stream, epoch, position, frame }: Head): void {
  if (!inRange(stream, 2 ** 16)) throw new PacketError("no stream has that number");
  if (!inRange(epoch, 2 ** 53)) throw new PacketError("no epoch has that number");
  if (!inRange(position, MOST_POSITIONS)) throw new PacketError("there is no such position");
  if (!inRange(frame, SEGMENT_FRAMES)) throw new PacketError("there is no such frame in a segment");
}

function inRange(value: number, end: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < end;
}

function packHalf({ check, sealed }: Half): Bytes {
  if (check.length !== CHECK_BYTES) throw new PacketError(`a key check has ${CHECK_BYTES} bytes`);
  if (sealed.length < MIN_SEALED_BYTES || sealed.length > MAX_PACKET_BYTES) {
    throw new PacketError(`a sealed frame has not ${sealed.length} bytes`);
  }
  return concat([sealed.length >> 8, sealed.length & 255], check, sealed);
}

function unpackCopies(bytes: Bytes, start: number): Copy[] {
  const copies: Copy[] = [];
  for (let at = start; at < bytes.length;) {
    const [halves, end] = unpackHalves(bytes, at + 1);
    copies.push({ age: bytes[at]!, halves });
    at = end;
  }
  checkAges(copies);
  return copies;
}

function checkAges(copies: readonly Copy[]): void {
  copies.forEach(({ age }, i) => {
    const least = i === 0 ? 1 : copies[i - 1]!.age + 1;
    if (age < least || age > OLDEST_COPY) throw new PacketError("no copy has that age");
  });
}

/** Returns both halves that start at `start`, and where they end. */
function unpackHalves(bytes: Bytes, start: number): [[Half, Half], number] {
  const [first, middle] = unpackHalf(bytes, start);
  const [second, end] = unpackHalf(bytes, middle);
  return [[first, second], end];
}

/** Returns the half that starts at `start`, and where it ends. */
function unpackHalf(bytes: Bytes, start: number): [Half, number] {
  const body = start + 2 + CHECK_BYTES;
  if (bytes.length < body) throw new PacketError("the packet is cut short");
  const length = (bytes[start]! << 8) | bytes[start + 1]!;
  if (length < MIN_SEALED_BYTES) throw new PacketError("a sealed frame is too short to be one");
  if (bytes.length < body + length) throw new PacketError("the packet is cut short");
  return [{ check: bytes.slice(start + 2, body), sealed: bytes.slice(body, body + length) }, body + length];
}
