import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { Sending } from "../../src/media/sending.ts";
import { sample } from "../protocol/samples.ts";

/** Stands for a browser's coder: what comes out is at once, and has the number of the frame in it. */
class Coder {
  state = "unconfigured";
  constructor(
    private readonly init: { output: (chunk: { byteLength: number; copyTo(to: Uint8Array): void }) => void },
  ) {}
  configure(): void {
    this.state = "configured";
  }
  encode({ timestamp }: { timestamp: number }): void {
    const bytes = Uint8Array.of(timestamp / 20_000);
    this.init.output({
      byteLength: 1,
      copyTo: (to) => {
        to.set(bytes);
      },
    });
  }
  close(): void {
    this.state = "closed";
  }
}

/** What was given to coders, both variants of a frame after each other. */
const coded: Float32Array[] = [];

class Sound {
  readonly timestamp: number;
  constructor({ timestamp, data }: { timestamp: number; data: Float32Array }) {
    this.timestamp = timestamp;
    coded.push(data.slice());
  }
  close(): void {
    // nothing is kept
  }
}

beforeAll(() => {
  vi.stubGlobal("AudioEncoder", Coder);
  vi.stubGlobal("AudioData", Sound);
});
afterAll(() => {
  vi.unstubAllGlobals();
});

/** Lets everything happen that is due. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((done) => setTimeout(done));
}

interface Carrier {
  readonly connection: number;
  data: ArrayBuffer;
}

/** A browser that sends: its sound, its connections one after the other, and what each of them was given to send. */
class Browser {
  readonly sent: { carrier: Carrier; packet: number; by: number }[] = [];
  readonly failures: unknown[] = [];
  readonly #port = Object.create(MessagePort.prototype, {
    onmessage: { value: null, writable: true },
    postMessage: { value: () => undefined },
    close: { value: () => undefined },
  }) as MessagePort & { onmessage: (event: { data: unknown }) => void };
  readonly #sources: ReadableStreamDefaultController<Carrier>[] = [];
  readonly #sinks: WritableStreamDefaultController[] = [];
  readonly sending: Sending;
  #frames = 0;

  constructor() {
    const own = { stream: 1, secret: sample("secret"), segmentMs: 240, slotMs: 20, depth: 0.36 };
    const sealer = {
      seal: (_position: number, _frame: number, [opus]: readonly Uint8Array[]) => Promise.resolve(opus!.slice()),
    };
    this.sending = new Sending(own, sealer, this.#port, (error) => this.failures.push(error));
  }

  /** Returns which connection it is. */
  connects(): number {
    const by = this.#sources.length;
    const readable = new ReadableStream<Carrier>({ start: (controller) => void this.#sources.push(controller) });
    const writable = new WritableStream<Carrier>({
      start: (controller) => void this.#sinks.push(controller),
      write: (carrier) => void this.sent.push({ carrier, packet: new Uint8Array(carrier.data)[0]!, by }),
    });
    this.sending.carry({ readable, writable } as never);
    return by;
  }

  carries(connection: number): void {
    this.#sources[connection]?.enqueue({ connection, data: new ArrayBuffer(0) });
  }

  breaks(connection: number): void {
    this.#sinks[connection]?.error(new Error("closed"));
  }

  speaks(): void {
    const variants = [new Float32Array(960).fill(0.25), new Float32Array(960).fill(0.75)];
    this.#port.onmessage({ data: { position: 0, frame: this.#frames++, variants } });
  }
}

const events = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant("speaks") },
    { weight: 3, arbitrary: fc.constant("carries by the newest") },
    { weight: 3, arbitrary: fc.constant("carries by the one before") },
    { weight: 2, arbitrary: fc.constant("connects") },
  ),
  { minLength: 10, maxLength: 60 },
);

test("whenever another connection takes its place, a stream goes on by the newest, in carriers of its own", async () => {
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(events, async (all) => {
      const browser = new Browser();
      browser.connects();
      let newest = 0;
      for (const event of all) {
        const before = browser.sent.length;
        if (event === "connects") newest = browser.connects();
        else if (event === "speaks") browser.speaks();
        else browser.carries(event === "carries by the newest" ? newest : newest - 1);
        await settle();
        for (const { carrier, by } of browser.sent.slice(before)) {
          expect([by, carrier.connection]).toEqual([newest, newest]);
        }
      }
      const packets = browser.sent.map(({ packet }) => packet);
      expect(packets).toEqual([...new Set(packets)].sort((one, other) => one - other));
      expect(browser.failures).toEqual([]);
      browser.sending.close();
      sent += packets.length;
    }),
    { numRuns: 30 },
  );
  expect(sent).toBeGreaterThan(0);
});

test("what was made while a connection came about is not sent by it", async () => {
  const browser = new Browser();
  browser.connects();
  browser.carries(0);
  await settle();
  browser.connects();
  browser.speaks();
  await settle();
  expect(browser.sent).toEqual([]);
  browser.carries(1);
  browser.speaks();
  await settle();
  expect(browser.sent.map(({ packet, by }) => [packet, by])).toEqual([[1, 1]]);
});

test("a connection that breaks ends neither the stream nor the next one", async () => {
  const browser = new Browser();
  browser.connects();
  browser.carries(0);
  await settle();
  browser.speaks();
  await settle();
  expect(browser.sent.map(({ by }) => by)).toEqual([0]);
  browser.breaks(0);
  browser.carries(0);
  browser.speaks();
  await settle();
  browser.connects();
  browser.carries(1);
  await settle();
  browser.speaks();
  await settle();
  expect(browser.sent.map(({ by }) => by)).toEqual([0, 1]);
  expect(browser.failures).toEqual([]);
});

test("who has closed it sends nothing more by any connection", async () => {
  const browser = new Browser();
  browser.connects();
  browser.carries(0);
  await settle();
  browser.sending.close();
  browser.speaks();
  browser.carries(0);
  await settle();
  expect(browser.sent).toEqual([]);
});

test("of somebody muted there is silence, at the same pace", async () => {
  const browser = new Browser();
  const loudest = (samples: Float32Array): number => Math.max(...samples.map(Math.abs));
  const heard = (muted: boolean): number[] => {
    coded.length = 0;
    browser.sending.mute(muted);
    browser.speaks();
    return coded.map(loudest);
  };
  expect([heard(false), heard(true), heard(true), heard(false)]).toEqual([
    [0.25, 0.75],
    [0, 0],
    [0, 0],
    [0.25, 0.75],
  ]);
  await settle();
  expect(browser.sending.counts.sealed).toBe(4);
  browser.sending.close();
});
