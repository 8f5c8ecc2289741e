import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { asCarrier, onlyOpus } from "../../src/media/sdp.ts";

const LEVELS = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/** Lines that the other side may have written, to have a browser code as it does not want to, or say how loud it is. */
const steering = fc.tuple(
  fc.constantFrom("a=fmtp:", "a=fmtp: ", "A=FMTP:", " a=fmtp:"),
  fc.constantFrom("111 ", "0111 ", "111\t", "109 ", "63 "),
  fc.constantFrom("usedtx=1", "cbr=0;usedtx=1", "maxaveragebitrate=510000", "ptime=60", "111/111", ""),
);
const lines = fc.oneof(
  steering.map((parts) => parts.join("")),
  fc.constantFrom(
    "a=rtpmap:111 opus/48000/2",
    "a=rtpmap:0111  OPUS/48000/2",
    "a=rtpmap:109 opus/48000",
    "a=rtpmap:0 PCMU/8000",
  ),
  fc.constantFrom(
    "a=ptime:60",
    "a=maxptime:120",
    `a=extmap:1 ${LEVELS}`,
    `a=extmap:9/sendonly ${LEVELS.toUpperCase()}`,
  ),
  fc.constantFrom(
    "v=0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    "a=mid:0",
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
    "",
  ),
  fc.string(),
);
const ends = fc.constantFrom("\r\n", "\n", "\r");
const descriptions = fc
  .array(fc.tuple(lines, ends), { maxLength: 30 })
  .map((all) => all.map((parts) => parts.join("")).join(""));

const linesOf = (sdp: string): string[] => sdp.split(/\r\n|\r|\n/);
const isSteering = (line: string): boolean => /^\s*a=(fmtp|ptime|maxptime):/i.test(line);
const opusOf = (line: string): number[] => {
  const type = /^\s*a=rtpmap:\s*(\d+)\s+opus\//i.exec(line)?.[1];
  return type === undefined ? [] : [Number(type)];
};

describe("a session description, whoever wrote it", () => {
  test("asks for a steady carrier of every Opus payload, and for nothing else", () => {
    fc.assert(
      fc.property(descriptions, (sdp) => {
        const made = linesOf(asCarrier(sdp));
        const types = linesOf(sdp).flatMap(opusOf);
        const asked = made.filter(isSteering);
        expect(asked.map((line) => Number(/^a=fmtp:(\d+) /.exec(line)?.[1]))).toEqual(types);
        for (const line of asked) {
          expect(line).toContain("usedtx=0");
          expect(line).toContain("cbr=1");
          expect(line).not.toMatch(/usedtx=1|cbr=0|ptime=60|510000/);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("says nothing of how loud it is, and all else that it said", () => {
    fc.assert(
      fc.property(descriptions, (sdp) => {
        const levels = (line: string): boolean => /a=extmap/i.test(line) && line.toLowerCase().includes(LEVELS);
        const kept = linesOf(asCarrier(sdp)).filter((line) => !isSteering(line));
        expect(kept.filter(levels)).toEqual([]);
        expect(kept).toEqual(linesOf(sdp).filter((line) => !isSteering(line) && !levels(line)));
      }),
      { numRuns: 500 },
    );
  });

  test("is the same when it is made one twice", () => {
    fc.assert(
      fc.property(fc.oneof(descriptions, fc.string()), (sdp) => {
        expect(asCarrier(asCarrier(sdp))).toBe(asCarrier(sdp));
      }),
    );
  });
});

test("of codecs only Opus is taken, in the order in which they were", () => {
  const codecs = fc.array(
    fc.record({ mimeType: fc.constantFrom("audio/opus", "audio/OPUS", "audio/red", "audio/CN", "video/opus", "opus") }),
  );
  fc.assert(
    fc.property(codecs, (all) => {
      expect(onlyOpus(all)).toEqual(all.filter(({ mimeType }) => mimeType.toLowerCase() === "audio/opus"));
    }),
  );
});
