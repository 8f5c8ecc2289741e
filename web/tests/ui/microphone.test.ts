import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Controller } from "../../src/ui/call/controller.ts";

const asked: MediaTrackConstraints[] = [];

class SilentContext {
  readonly destination = {};
  resume = (): Promise<void> => Promise.resolve();
  createMediaStreamSource = (): object => ({ connect: () => undefined, disconnect: () => undefined });
  createAnalyser = (): object => ({});
}

beforeEach(() => {
  asked.length = 0;
  const track = { addEventListener: () => undefined, stop: () => undefined, enabled: true };
  const getUserMedia = ({ audio }: { audio: MediaTrackConstraints }): Promise<object> => {
    asked.push(audio);
    return Promise.resolve({ getAudioTracks: () => [track] });
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
