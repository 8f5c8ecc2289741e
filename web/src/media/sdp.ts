/**
 * What is changed in session descriptions so that a carrier is a steady Opus stream and tells nothing of its own.
 *
 * A sender does what the *other* side's description asks for, so both sides' are changed.
 */

/** A carrier's own sound is thrown away: as few bits as Opus has, the same number in every frame, each of 20 ms. */
const CARRIER = {
  minptime: "20",
  maxptime: "20",
  ptime: "20",
  maxaveragebitrate: "6000",
  cbr: "1",
  usedtx: "0",
  useinbandfec: "0",
  stereo: "0",
  "sprop-stereo": "0",
};

const LEVELS = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/** What a description asks of a sender's coder: were it the other side's to say, it could have pauses left out. */
const STEERING = /^\s*a=(fmtp|ptime|maxptime):/i;
const OPUS = /^\s*a=rtpmap:\s*(\d+)\s+opus\//i;
/** Browsers take them all. */
const LINE_ENDS = /\r\n|\r|\n/;

/** Returns `sdp` with the parameters of a carrier, and no others, and without loudness in packets' headers. */
export function asCarrier(sdp: string): string {
  const lines = sdp.split(LINE_ENDS).filter((line) => !STEERING.test(line) && !isLevels(line));
  return lines.flatMap((line) => [line, ...carrierOf(line)]).join("\r\n");
}

function isLevels(line: string): boolean {
  return /^\s*a=extmap/i.test(line) && line.toLowerCase().includes(LEVELS);
}

function carrierOf(line: string): string[] {
  const type = OPUS.exec(line)?.[1];
  const parameters = Object.entries(CARRIER).map(([name, value]) => `${name}=${value}`);
  return type === undefined ? [] : [`a=fmtp:${Number(type)} ${parameters.join(";")}`];
}

/** Keeps the codecs that are plain Opus: RED would send every packet twice, comfort noise would leave frames out. */
export function onlyOpus<Codec extends { mimeType: string }>(codecs: readonly Codec[]): Codec[] {
  return codecs.filter((codec) => codec.mimeType.toLowerCase() === "audio/opus");
}
