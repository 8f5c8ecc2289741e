import { describe, expect, test } from "vitest";

import { Layout } from "../../src/signal/layout.ts";
import { Patterns } from "../../src/signal/patterns.ts";
import { AHEAD, delayOf, FRAME, StreamRenderer } from "../../src/signal/stream.ts";
import vectors from "../../../tests/vectors/variants.json";
import { unhex } from "../bytes.ts";

const LAYOUT = new Layout(240, 20);
const SEGMENTS = 4;
const DEPTH = 0.36;

interface Rendered {
  /** One after the other, whole frames. */
  variants: [Float32Array, Float32Array];
  /** Segment, frame and samples heard when it was given out. */
  frames: { segment: number; frame: number; marked: boolean; at: number }[];
  missing: number;
}

function chirp(samples: number): Float32Array {
  return Float32Array.from({ length: samples }, (_, n) => 0.5 * Math.sin((Math.PI * ((n * n) % 2048)) / 1024));
}

async function signsOf(layout: Layout, count: number, key = new Uint8Array(32).fill(9)): Promise<Int8Array> {
  return (await Patterns.of(key, layout)).signs(0, count);
}

interface Way {
  layout?: Layout;
  depth?: number;
  quantum?: number;
  /** Is called before every push. */
  before?: (renderer: StreamRenderer, heard: number) => void;
}

/** Renders a sound in quanta, followed by as much silence as gives everything out. */
function rendered(sound: Float32Array, { layout = LAYOUT, depth = DEPTH, quantum = 128, before }: Way): Rendered {
  const frames: Rendered["frames"] = [];
  const pieces: [Float32Array, Float32Array][] = [];
  let heard = 0;
  const renderer = new StreamRenderer(layout, depth, ({ segment, frame, marked, variants: [zero, one] }) => {
    frames.push({ segment, frame, marked, at: heard });
    pieces.push([zero.slice(), one.slice()]);
  });
  const padded = new Float32Array(sound.length + renderer.delay);
  padded.set(sound);
  while (heard < padded.length) {
    before?.(renderer, heard);
    const piece = padded.subarray(heard, heard + quantum);
    heard += piece.length;
    renderer.push(piece);
  }
  const joined = ([0, 1] as const).map((variant) => Float32Array.from(pieces.flatMap((pair) => [...pair[variant]])));
  return { variants: [joined[0]!, joined[1]!], frames, missing: renderer.missing };
}

const supplied =
  (signs: Int8Array, first = 0) =>
  (renderer: StreamRenderer, heard: number): void => {
    if (heard === 0) renderer.supply(first, signs);
  };

describe("variants", () => {
  test.each(vectors.variants)("are the published ones, $segment_ms ms and $slot_ms ms", async (vector) => {
    const layout = new Layout(vector.segment_ms, vector.slot_ms);
    const signs = await signsOf(layout, vector.segments, unhex(vector.mark_key));
    const sound = chirp(vector.segments * layout.segment);
    const { variants } = rendered(sound, { layout, depth: vector.depth, before: supplied(signs) });
    for (const [found, text] of [
      [variants[0], vector.variant0],
      [variants[1], vector.variant1],
    ] as const) {
      const expected = new Float32Array(unhex(text).buffer);
      expect(found).toHaveLength(sound.length);
      let farthest = 0;
      for (let at = 0; at * vector.step < sound.length; at++) {
        farthest = Math.max(farthest, Math.abs(found[at * vector.step]! - expected[at]!));
      }
      expect(farthest).toBeLessThan(10 ** (vectors.tolerance_db / 20));
    }
  });

  test("keep what is not marked, and the sound at a segment's edge", async () => {
    const sound = chirp(SEGMENTS * LAYOUT.segment);
    const before = supplied(await signsOf(LAYOUT, SEGMENTS));
    const unmarked = rendered(sound, { depth: 0, before });
    expect(unmarked.variants).toEqual([sound, sound]);
    const marked = rendered(sound, { before });
    for (let at = 0; at < sound.length; at += LAYOUT.segment) {
      expect(marked.variants.map((variant) => variant[at])).toEqual([sound[at], sound[at]]);
    }
  });
});

describe("a stream", () => {
  test.each([1, 127, 128, 960, 11_520, 20_000])("is the same in pieces of %i samples", async (quantum) => {
    const sound = chirp(SEGMENTS * LAYOUT.segment);
    const before = supplied(await signsOf(LAYOUT, SEGMENTS));
    expect(rendered(sound, { quantum, before }).variants).toEqual(rendered(sound, { before }).variants);
  });

  test("comes in frames of 20 ms, counted from its start, each the same time after it was spoken", async () => {
    const sound = chirp(SEGMENTS * LAYOUT.segment);
    const { frames } = rendered(sound, { quantum: 1, before: supplied(await signsOf(LAYOUT, SEGMENTS)) });
    const perSegment = LAYOUT.segment / FRAME;
    expect(frames).toEqual(
      Array.from({ length: SEGMENTS * perSegment }, (_, number) => ({
        segment: Math.floor(number / perSegment),
        frame: number % perSegment,
        marked: true,
        at: (number + 1) * FRAME + delayOf(LAYOUT),
      })),
    );
  });

  test.each([
    [20, 20],
    [24, 44],
    [30, 50],
  ])("with slots of %i ms comes %i ms late", (slot, late) => {
    expect(delayOf(new Layout(240, slot)) / 48).toBe(late);
  });

  test("has the least delay there can be: some frame still changes with the last sample it waits for", async () => {
    const signs = await signsOf(LAYOUT, SEGMENTS);
    const sound = chirp(SEGMENTS * LAYOUT.segment);
    const end = 2 * FRAME + delayOf(LAYOUT);
    const other = sound.slice();
    other[end - 1]! += 0.5;
    const [one, two] = [sound, other].map((each) => rendered(each, { before: supplied(signs) }).variants[1]);
    expect(one!.slice(FRAME, 2 * FRAME)).not.toEqual(two!.slice(FRAME, 2 * FRAME));
  });

  test("is silent, never unmarked, where signs are missing, and says so", async () => {
    const signs = await signsOf(LAYOUT, SEGMENTS);
    const sound = chirp(SEGMENTS * LAYOUT.segment);
    const { cells, segment } = LAYOUT;
    const whole = rendered(sound, { before: supplied(signs) });
    const gappy = rendered(sound, {
      before: (renderer, heard) => {
        if (heard > 0) return;
        renderer.supply(0, signs.subarray(0, cells));
        renderer.supply(2, signs.subarray(2 * cells, 3 * cells));
      },
    });
    expect([whole.missing, gappy.missing]).toEqual([0, 2]);
    for (let number = 0; number < SEGMENTS; number++) {
      const part = [number * segment, (number + 1) * segment] as const;
      for (const variant of [0, 1] as const) {
        const expected = number % 2 ? new Float32Array(segment) : whole.variants[variant].slice(...part);
        expect(gappy.variants[variant].slice(...part)).toEqual(expected);
      }
    }
    expect(new Set(gappy.frames.map(({ segment: at, marked }) => `${at} ${marked}`))).toEqual(
      new Set(["0 true", "1 false", "2 true", "3 false"]),
    );
  });

  test("takes signs until a segment's first window ends, and none after", async () => {
    const signs = await signsOf(LAYOUT, 1);
    const sound = chirp(LAYOUT.segment);
    const late = (when: number): Rendered =>
      rendered(sound, {
        before: (renderer, heard) => {
          if (heard === when) renderer.supply(0, signs);
        },
      });
    const last = LAYOUT.window - 128;
    expect(late(last).missing).toBe(0);
    expect(late(last).variants).toEqual(rendered(sound, { before: supplied(signs) }).variants);
    expect(late(last + 128).missing).toBe(1);
    expect(late(last + 128).variants[0].every((sample) => sample === 0)).toBe(true);
  });

  test("goes on for longer than signs are held, if they are handed in as it goes", async () => {
    const segments = AHEAD + 6;
    const signs = await signsOf(LAYOUT, segments);
    const { cells, segment } = LAYOUT;
    const sound = chirp(segments * segment);
    const { variants, missing } = rendered(sound, {
      quantum: segment,
      before: (renderer) => {
        renderer.supply(renderer.segment, signs.subarray(renderer.segment * cells));
      },
    });
    expect(missing).toBe(0);
    const alone = rendered(chirp(segment), { before: supplied(signs) });
    expect(variants[1].slice(0, segment)).toEqual(alone.variants[1]);
    const last = rendered(sound.slice(-segment), { before: supplied(signs.subarray((segments - 1) * cells)) });
    expect(variants[0].slice(-segment)).toEqual(last.variants[0]);
  });

  test("refuses signs that are no whole segments", () => {
    const renderer = new StreamRenderer(LAYOUT, DEPTH, () => undefined);
    expect(() => {
      renderer.supply(0, new Int8Array(LAYOUT.cells + 1));
    }).toThrow(RangeError);
  });
});
