import fc from "fast-check";
import { expect, test } from "vitest";

import type { Bytes } from "../../src/keys.ts";
import { receive } from "../../src/media/receiving.ts";
import { Openers } from "../../src/protocol/openers.ts";
import { Sealer } from "../../src/protocol/sealer.ts";
import { anyBytes, dealt, epoch, sample } from "../protocol/samples.ts";

const STREAM = 5;
const SECRET = sample("stream secret");

/** Stands for a frame of a browser's receiver. */
interface FakeFrame {
  data: ArrayBuffer;
}

/** What a receiver's transform passes on of frames with these bytes, by the worker's own way to open them. */
async function passedOn(came: readonly Bytes[]): Promise<Bytes[]> {
  const openers = new Openers();
  openers.setEpoch(epoch(1));
  openers.addKeys(STREAM, await dealt(SECRET, 0, [1, 1]));
  const passed: Bytes[] = [];
  await new Promise<void>((done) => {
    const readable = new ReadableStream<FakeFrame>({
      start(controller) {
        for (const bytes of came) controller.enqueue({ data: bytes.slice().buffer });
        controller.close();
      },
    });
    const writable = new WritableStream<FakeFrame>({
      write: ({ data }) => void passed.push(new Uint8Array(data)),
      close: done,
      abort: done,
    });
    receive({ readable, writable } as never, async (packet) => {
      const opener = openers.of(STREAM)!;
      return { opus: await opener.open(packet), recovered: await opener.recover(packet) };
    });
  });
  return passed;
}

test("whatever comes between a stream's packets, its frames go on, and nothing else is passed on to the decoder", async () => {
  const sealer = new Sealer(STREAM, SECRET);
  sealer.setEpoch(epoch(1));
  const opus = (frame: number): Bytes => sample(`opus ${frame}`, 80);
  const packets: Bytes[] = [];
  for (let frame = 0; frame < 12; frame++) packets.push(await sealer.seal(0, frame, [sample("0", 80), opus(frame)]));
  const headed = anyBytes(300).map((rest) => new Uint8Array([...packets[0]!.slice(0, 16), ...rest]));
  const rubbish = fc.oneof(anyBytes(1200), headed, fc.constant(new Uint8Array()));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(11), rubbish), { maxLength: 30 }), async (thrown) => {
      const came = packets.flatMap((packet, frame) => [
        ...thrown.filter(([at]) => at === frame).map(([, bytes]) => bytes),
        packet,
      ]);
      expect(await passedOn(came)).toEqual(packets.map((_, frame) => opus(frame)));
    }),
    { numRuns: 30 },
  );
});
