import { describe, expect, test } from "vitest";

import type { Command } from "../../src/protocol/events.ts";
import { Keeper } from "../../src/protocol/keeper.ts";
import type { Spoken } from "../../src/protocol/speech.ts";
import { sample } from "./samples.ts";

const KEY = sample("key");
const SPOKEN: Spoken = { stream: 3, position: 0, frame: 0, frames: [] };
const PIECE = { stream: 3, number: 0, sealed: sample("sealed"), signature: sample("signature", 64) };

function begun(stream: number): Parameters<Keeper["begun"]>[0] {
  return { type: "keeping", stream, key: KEY, next: 0 };
}

/** Returns somebody who keeps what they say in stream 3. */
function keeping(): Keeper {
  const keeper = new Keeper();
  keeper.opened(3);
  keeper.want(true);
  keeper.begun(begun(3));
  return keeper;
}

function asks(stream: number, kept: boolean): Command {
  return { do: "send", message: { type: "keep", stream, kept } };
}

describe("what one says", () => {
  test("is not kept unless one says so", () => {
    const keeper = new Keeper();
    expect(keeper.opened(3)).toEqual([]);
    expect(keeper.begun(begun(3))).toEqual([]);
    expect(keeper.spoken(SPOKEN)).toEqual([]);
    expect(keeper.sealed(PIECE)).toEqual([]);
    expect(keeper.keeping).toBe("off");
  });

  test("is handed out once the server has said that all are shown it", () => {
    const keeper = new Keeper();
    keeper.opened(3);
    expect(keeper.want(true)).toEqual([asks(3, true)]);
    expect(keeper.want(true)).toEqual([]);
    expect([keeper.keeping, keeper.spoken(SPOKEN)]).toEqual(["starting", []]);
    expect(keeper.begun(begun(4))).toEqual([]);
    expect(keeper.begun(begun(3))).toEqual([{ do: "keep speech", stream: 3, key: KEY, next: 0 }]);
    expect(keeper.keeping).toBe("on");
    expect(keeper.spoken(SPOKEN)).toEqual([{ do: "seal speech", spoken: SPOKEN }]);
    expect(keeper.sealed(PIECE)).toEqual([{ do: "send", message: { type: "speech", ...PIECE } }]);
  });

  test("is not kept any more when one says so", () => {
    const keeper = keeping();
    expect(keeper.want(false)).toEqual([{ do: "drop speech" }, asks(3, false)]);
    expect([keeper.keeping, keeper.spoken(SPOKEN), keeper.sealed(PIECE)]).toEqual(["off", [], []]);
  });

  test("is kept in the next stream too, where one wants it", () => {
    const keeper = keeping();
    expect(keeper.closed()).toEqual([{ do: "drop speech" }]);
    expect([keeper.keeping, keeper.sealed(PIECE)]).toEqual(["starting", []]);
    expect(keeper.opened(5)).toEqual([asks(5, true)]);
    expect(keeper.spoken(SPOKEN)).toEqual([]);
  });

  test("waits for a stream", () => {
    const keeper = new Keeper();
    expect(keeper.want(true)).toEqual([]);
    expect(keeper.opened(3)).toEqual([asks(3, true)]);
  });

  test("is not kept where the server cannot, or shows it as not kept", () => {
    const keeper = keeping();
    expect(keeper.shown(true)).toEqual([]);
    expect(keeper.shown(false)).toEqual([{ do: "drop speech" }]);
    expect(keeper.keeping).toBe("off");
    expect(keeper.want(true)).toEqual([asks(3, true)]);
    expect([keeper.asked, keeper.shown(false), keeper.asked]).toEqual([true, [], true]);
    expect(keeper.refused()).toEqual([]);
    expect([keeper.asked, keeper.keeping]).toEqual([false, "off"]);
  });
});
