import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Controller } from "../../src/ui/call/controller.ts";

const asked: MediaTrackConstraints[] = [];
const tracks: { enabled: boolean; stopped: boolean }[] = [];

class SilentContext {
  readonly destination = {};
  resume = (): Promise<void> => Promise.resolve();
  createMediaStreamSource = (): object => ({ connect: () => undefined, disconnect: () => undefined });
  createAnalyser = (): object => ({});
}

beforeEach(() => {
  asked.length = tracks.length = 0;
  const getUserMedia = ({ audio }: { audio: MediaTrackConstraints }): Promise<object> => {
    asked.push(audio);
    const track = {
      addEventListener: () => undefined,
      enabled: true,
      stopped: false,
      stop: () => {
        track.stopped = true;
      },
    };
    tracks.push(track);
    return Promise.resolve({ getAudioTracks: () => [track], getTracks: () => [track] });
  };
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
  vi.stubGlobal("AudioContext", SilentContext);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const echo = (): unknown[] => asked.map(({ echoCancellation }) => echoCancellation);

describe("echo is taken away", () => {
  test("whenever the microphone is opened, if nothing is said against it", async () => {
    const page = new Controller({} as HTMLElement);
    expect(page.store.value.cleaned).toBe(true);
    await page.openMicrophone();
    page.closeMicrophone();
    await page.speak();
    expect(echo()).toEqual([true, true]);
  });

  test("unless that is turned off, and again when it is turned on", async () => {
    const page = new Controller({} as HTMLElement);
    for (const wanted of [false, true]) {
      page.clean(wanted);
      page.closeMicrophone();
      await page.speak();
      expect(page.store.value.cleaned).toBe(wanted);
    }
    expect(echo()).toEqual([false, true]);
  });
});

describe("a microphone", () => {
  test("opened by who has muted themselves is muted", async () => {
    const page = new Controller({} as HTMLElement);
    page.store.update({ muted: true });
    await page.speak();
    expect(tracks.map(({ enabled }) => enabled)).toEqual([false]);
  });

  test("that was closed, or asked for once more, while the browser asked, does not stay open", async () => {
    const page = new Controller({} as HTMLElement);
    const first = page.openMicrophone();
    const second = page.openMicrophone();
    expect([await first, await second]).toEqual([false, true]);
    expect(tracks.map(({ stopped }) => stopped)).toEqual([true, false]);
    const third = page.openMicrophone();
    page.closeMicrophone();
    expect(await third).toBe(false);
    expect(tracks.every(({ stopped }) => stopped)).toBe(true);
  });
});
