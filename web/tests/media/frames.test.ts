import { expect, test } from "vitest";

import { framesOf, type MarkedFrames } from "../../src/media/frames.ts";
import type { VariantFrame } from "../../src/media/messages.ts";
import type { OwnStream } from "../../src/protocol/index.ts";
import { Layout } from "../../src/signal/layout.ts";
import { Patterns } from "../../src/signal/patterns.ts";
import { StreamRenderer } from "../../src/signal/stream.ts";

const LAYOUT = new Layout(240, 20);
const DEPTH = 0.36;
const OWN: OwnStream = { stream: 1, secret: new Uint8Array(32), segmentMs: 240, slotMs: 20, depth: DEPTH };
const BLOCK = 480;
const BLOCKS = 60;

const signs = async (): Promise<Int8Array<ArrayBuffer>> =>
  (await Patterns.of(new Uint8Array(32).fill(9), LAYOUT)).signs(0, 4);
const block = (at: number): Float32Array =>
  Float32Array.from({ length: BLOCK }, (_, n) => 0.3 * Math.sin(0.05 * (at * BLOCK + n)));

/** A microphone that gives a block whenever it is asked for one. */
function microphone(samples = block): { sound: ReadableStream<AudioData>; open: () => number; over: () => boolean } {
  let [given, open, over] = [0, 0, false];
  const sound = new ReadableStream<AudioData>({
    pull: (controller) => {
      const at = given++;
      open++;
      const one = {
        numberOfFrames: BLOCK,
        copyTo: (out: Float32Array) => {
          out.set(samples(at));
        },
        close: () => {
          open--;
        },
      };
      controller.enqueue(one as unknown as AudioData);
      if (given === BLOCKS) controller.close();
    },
    cancel: () => {
      over = true;
    },
  });
  return { sound, open: () => open, over: () => over };
}

/** Reads all of a microphone. `begin` is called before anything is read. */
async function read(sound: ReadableStream<AudioData>, begin: (frames: MarkedFrames) => void): Promise<VariantFrame[]> {
  const found: VariantFrame[] = [];
  const frames = framesOf(
    sound,
    OWN,
    (frame) => found.push(frame),
    (error) => {
      throw error;
    },
  );
  begin(frames);
  await new Promise((resolve) => setTimeout(resolve, 50));
  return found;
}

test("a microphone's sound is marked as the audio thread marks it", async () => {
  const { sound, open } = microphone();
  const key = await signs();
  const found = await read(sound, (frames) => {
    frames.supply({ first: 0, signs: key });
  });
  const expected: VariantFrame[] = [];
  const renderer = new StreamRenderer(LAYOUT, DEPTH, ({ segment, frame, variants: [zero, one] }) =>
    expected.push({ position: segment, frame, variants: [zero.slice(), one.slice()] }),
  );
  renderer.supply(0, key);
  for (let at = 0; at < BLOCKS; at++) renderer.push(block(at));
  expect(found).toEqual(expected);
  expect(open()).toBe(0);
});

test("nothing is given before there are signs", async () => {
  expect(await read(microphone().sound, () => undefined)).toEqual([]);
});

test("a microphone is let go of at the end", async () => {
  const { sound, over } = microphone();
  await read(sound, (frames) => {
    frames.close();
  });
  expect(over()).toBe(true);
});
