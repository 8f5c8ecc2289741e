import { describe, expect, test } from "vitest";

import type { View } from "../../src/protocol/index.ts";
import { shown } from "../../src/ui/call/shown.ts";
import { type CallView, EMPTY } from "../../src/ui/call/view.ts";

const BEGUN: View = {
  phase: "connecting",
  call: null,
  me: null,
  notice: "",
  iceServers: [],
  members: [],
  strangers: [],
  waiting: [],
  locked: false,
  muted: false,
  speaking: "off",
  keeping: "off",
  stream: null,
  epoch: null,
  words: null,
  problem: null,
  over: null,
};

/** Shows one after the other what a session says, as the page does; returns what is seen at last. */
function seen(...views: Partial<View>[]): CallView {
  return views.reduce<CallView>(
    (page, view) => ({ ...page, ...shown({ ...BEGUN, ...view }, page.phase.at === "call") }),
    EMPTY,
  );
}

const IN_CALL: Partial<View> = { phase: "call", locked: true, waiting: [{ id: "ben", name: "Ben" }] };

describe("whoever was in the call and has lost the server", () => {
  test.each(["reconnecting", "connecting", "entering"] as const)("still sees it while the page is %s", (phase) => {
    expect(seen(IN_CALL, { phase })).toMatchObject({ phase: { at: "call" }, reconnecting: true });
  });

  test("sees as before who waited, and that it was locked", () => {
    expect(seen(IN_CALL, { phase: "reconnecting" })).toMatchObject({ locked: true, waiting: [{ id: "ben" }] });
    expect(seen(IN_CALL, { phase: "reconnecting" }, { phase: "call" })).toMatchObject({ locked: false, waiting: [] });
  });

  test("sees that somebody has to let them in, or that there is a notice to read", () => {
    const back: Partial<View>[] = [IN_CALL, { phase: "reconnecting" }, { phase: "connecting" }];
    expect(seen(...back, { phase: "entering" }, { phase: "lobby" })).toMatchObject({
      phase: { at: "lobby" },
      reconnecting: false,
    });
    expect(seen(...back, { phase: "notice" })).toMatchObject({ phase: { at: "invited" }, reconnecting: false });
    expect(seen(...back, { phase: "notice" }, { phase: "entering" }).phase.at).toBe("joining");
  });

  test("is back in the call when let in", () => {
    expect(seen(IN_CALL, { phase: "reconnecting" }, { phase: "lobby" }, IN_CALL)).toMatchObject({
      phase: { at: "call" },
      reconnecting: false,
    });
  });
});

test("nobody sees a call before they are in it", () => {
  for (const phase of ["connecting", "notice", "entering", "lobby", "reconnecting"] as const) {
    expect(seen({ phase }).phase.at).not.toBe("call");
    expect(seen({ phase }).reconnecting).toBe(false);
  }
});
