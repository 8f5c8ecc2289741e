import fc from "fast-check";
import { expect, test } from "vitest";

import { PIECE_FRAMES, Pieces } from "../../src/media/keeping.ts";
import type { Spoken } from "../../src/protocol/index.ts";

const PER_SEGMENT = 12;

/** Rising places, with gaps of all lengths between them. */
const places = fc
  .array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 200 })), { minLength: 1, maxLength: 400 })
  .map((steps) => steps.map((_, n) => steps.slice(0, n + 1).reduce((sum, step) => sum + step, 0)));

test("each frame is in a piece at its place, but for those of the last piece", () => {
  fc.assert(
    fc.property(places, (given) => {
      const pieces: Spoken[] = [];
      const made = new Pieces(9, (spoken) => pieces.push(spoken));
      given.forEach((place) => {
        made.add(place, Uint8Array.of(place & 255, place >> 8));
      });
      const found = pieces.flatMap(({ stream, position, frame, frames }) => {
        expect([stream, frames.length]).toEqual([9, PIECE_FRAMES]);
        expect(frames[0]).not.toBeNull();
        return frames.flatMap((opus, n) => (opus === null ? [] : [[PER_SEGMENT * position + frame + n, ...opus]]));
      });
      expect(found).toEqual(given.slice(0, found.length).map((place) => [place, place & 255, place >> 8]));
      expect(given.length - found.length).toBeLessThan(PIECE_FRAMES);
    }),
  );
});
