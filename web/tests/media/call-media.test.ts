import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { CallMedia, type CallMediaEvents } from "../../src/media/call-media.ts";

/** What connections were to be made with. */
const made: RTCConfiguration[] = [];

beforeEach(() => {
  made.length = 0;
  class SilentWorker {
    postMessage = (): void => undefined;
  }
  function NoConnection(configuration: RTCConfiguration): never {
    made.push(configuration);
    throw new Error("there is no way");
  }
  vi.stubGlobal("Worker", SilentWorker);
  vi.stubGlobal("RTCPeerConnection", NoConnection);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("every way is made with the passwords that the server gave last, as they do not last", async () => {
  let credential = "first";
  const server = { urls: ["turn:turn.example"], username: "u" };
  const media = new CallMedia({} as HTMLElement, () => [{ ...server, credential }], {} as CallMediaEvents);
  await expect(media.hear(1, "offer")).rejects.toThrow("no way");
  credential = "second";
  await expect(media.hear(1, "offer")).rejects.toThrow("no way");
  expect(made.map(({ iceServers }) => iceServers)).toEqual([
    [{ ...server, credential: "first" }],
    [{ ...server, credential: "second" }],
  ]);
});
