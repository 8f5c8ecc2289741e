import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Controller } from "../../src/ui/call/controller.ts";

vi.mock("../../src/browser/devices.ts", async () => {
  const { MemoryStore } = await import("../../src/protocol/device.ts");
  return { BrowserStore: MemoryStore };
});

/** Connections that were begun, and those that were closed. */
const [begun, closed]: [object[], object[]] = [[], []];

beforeEach(() => {
  begun.length = closed.length = 0;
  class SilentSocket {
    constructor() {
      begun.push(this);
    }
    close(): void {
      closed.push(this);
    }
  }
  vi.stubGlobal("WebSocket", SilentSocket);
  vi.stubGlobal("navigator", { userAgent: "test" });
  vi.stubGlobal("document", { baseURI: "https://calls.example/" });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const SUPPORT = { encodedTransform: true, speaking: true };

test("a call's page that is left ends its connection, as the tab may go on with another call", async () => {
  const page = new Controller({} as HTMLElement);
  await page.start("t", SUPPORT);
  expect([begun.length, closed.length]).toEqual([1, 0]);
  page.close();
  expect(closed).toEqual(begun);
});

test("a call's page that is left before it is connected does not stay connected", async () => {
  const page = new Controller({} as HTMLElement);
  const starting = page.start("t", SUPPORT);
  page.close();
  await starting;
  expect(begun).toHaveLength(1);
  expect(closed).toEqual(begun);
});
