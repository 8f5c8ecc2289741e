/** How fast both variants are rendered: `npm run bench`. A second of sound each time, so "hz" is times real time. */

import { bench, describe } from "vitest";

import { Layout } from "../src/signal/layout.ts";
import { StreamRenderer } from "../src/signal/stream.ts";

const QUANTUM = 128;
const SECOND = 48_000;

describe("a second of sound, both variants, in quanta of 128 samples", () => {
  for (const slot of [20, 24, 30]) {
    const layout = new Layout(240, slot);
    const signs = Int8Array.from({ length: 10 * layout.cells }, (_, cell) => (cell % 3 ? 1 : -1));
    const sound = Float32Array.from({ length: SECOND }, (_, n) => 0.3 * Math.sin(n * n * 1e-5));
    let given = 0;
    const renderer = new StreamRenderer(layout, 0.36, ({ marked }) => {
      given += marked ? 1 : 0;
    });
    bench(`slots of ${slot} ms`, () => {
      renderer.supply(renderer.segment, signs);
      for (let first = 0; first < SECOND; first += QUANTUM) renderer.push(sound.subarray(first, first + QUANTUM));
      if (given === 0 && renderer.segment > 4) throw new Error("nothing was marked");
    });
  }
});
