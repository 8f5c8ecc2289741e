import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";

import { MOST_FAILURES } from "../../src/protocol/client.ts";
import { MemoryStore } from "../../src/protocol/device.ts";
import type { Intent, Media, MediaEvent, Ports, View } from "../../src/protocol/index.ts";
import { Session } from "../../src/protocol/session.ts";
import { sample } from "./samples.ts";
import { type Facts, liedMessage, SAMPLES, someMessage } from "./servermessages.ts";

const PATIENT = { timeout: 30_000, interval: 5 };

/** A session of somebody called Anna, whose server, media and clock are in the hands of a test. */
class Puppet {
  readonly sent: Facts[] = [];
  /** What the media were told, by the methods' names. */
  readonly told: string[] = [];
  /** What Anna wanted. */
  readonly wanted: string[] = [];
  readonly #timers = new Set<() => void>();
  #session!: Session;
  #now = 0;
  view!: View;

  static async start(): Promise<Puppet> {
    const puppet = new Puppet();
    puppet.#session = await Session.start(puppet.#ports(), {
      token: "t",
      store: new MemoryStore(),
      encodedTransform: true,
      userAgent: "test",
    });
    return puppet;
  }

  /** Lets everything happen that was begun: keys are made elsewhere than in this thread. */
  async settled(): Promise<void> {
    for (let quiet = 0, before = -1; quiet < 3; before = this.#happened) {
      await new Promise((done) => setTimeout(done, 2));
      quiet = this.#happened === before ? quiet + 1 : 0;
    }
  }

  says(type: string, facts: Facts): void {
    this.hears(JSON.stringify({ type, ...facts }));
  }

  hears(text: string): void {
    this.#now += 10;
    this.#session.received(text);
  }

  connected(): void {
    this.#session.connected();
  }

  disconnected(): void {
    this.#session.disconnected();
  }

  wants(intent: Intent): void {
    this.wanted.push(intent.type);
    this.#session.act(intent);
  }

  closes(): void {
    this.#session.close();
  }

  media(event: MediaEvent): void {
    this.#session.media(event);
  }

  /** All timers that run come to their end. */
  waits(): void {
    this.#now += 20_000;
    for (const then of [...this.#timers]) then();
  }

  get #happened(): number {
    return this.sent.length + this.told.length;
  }

  #ports(): Ports {
    const told = (what: string) => () => void this.told.push(what);
    const media: Media = {
      epoch: told("epoch"),
      sealUnder: told("sealUnder"),
      start: told("start"),
      stop: told("stop"),
      again: told("again"),
      keep: told("keep"),
      loss: told("loss"),
      answer: told("answer"),
      offer: told("offer"),
      keys: told("keys"),
      sample: told("sample"),
      close: told("close"),
      closeAll: told("closeAll"),
    };
    return {
      transport: {
        connect: told("connect"),
        send: (text) => void this.sent.push(JSON.parse(text) as Facts),
        close: told("disconnect"),
      },
      media,
      now: () => this.#now,
      random: () => 0.5,
      after: (_ms, then) => {
        const once = (): void => {
          if (this.#timers.delete(once)) then();
        };
        this.#timers.add(once);
        return () => this.#timers.delete(once);
      },
      changed: (view) => {
        this.view = view;
      },
    };
  }
}

type Step = (puppet: Puppet) => void;

/** Anna comes into a call, as far as that goes when all is well. */
const ENTERING: readonly Step[] = [
  (puppet) => {
    puppet.connected();
  },
  (puppet) => {
    puppet.says("challenge", SAMPLES.challenge[0]);
  },
  (puppet) => {
    puppet.wants({ type: "consent" });
  },
  (puppet) => {
    puppet.says("admitted", SAMPLES.admitted[0]);
  },
  (puppet) => {
    puppet.wants({ type: "speak" });
  },
  (puppet) => {
    puppet.says("opened", SAMPLES.opened[1]!);
  },
];

const LEAVING: Step = (puppet) => {
  puppet.wants({ type: "leave" });
};

const told = (messages: fc.Arbitrary<Facts>): fc.Arbitrary<Step> =>
  messages.map((message) => (puppet: Puppet) => {
    puppet.hears(JSON.stringify(message));
  });
const intents: fc.Arbitrary<Intent> = fc.constantFrom<Intent>(
  { type: "consent" },
  { type: "speak" },
  { type: "stop" },
  { type: "mute", muted: true },
  { type: "keep", kept: true },
  { type: "admit", member: "cleo" },
  { type: "leave" },
);
const stream = fc.integer({ min: 0, max: 3 });
const happenings: fc.Arbitrary<MediaEvent> = fc.oneof(
  fc.record({ type: fc.constant("offered" as const), stream, offer: fc.nat(3), sdp: fc.string() }),
  fc.record({ type: fc.constant("answered" as const), stream, offer: fc.nat(3), sdp: fc.string() }),
  fc.record({ type: fc.constant("lost" as const), stream, percent: fc.nat(100) }),
  fc.record({ type: fc.constant("broken" as const), stream }),
  fc.record({ type: fc.constant("at" as const), stream, position: fc.nat(5000) }),
  fc.record({
    type: fc.constant("heard" as const),
    stream,
    position: fc.nat(50),
    newest: fc.constant(3),
    frames: fc.constant([]),
  }),
  fc.record({
    type: fc.constant("spoken" as const),
    spoken: fc.record({ stream, position: fc.nat(9), frame: fc.nat(11), frames: fc.constant([sample("opus"), null]) }),
  }),
);
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: told(someMessage.filter(({ type }) => type !== "ended" && type !== "refused")) },
  { weight: 1, arbitrary: told(someMessage) },
  {
    weight: 3,
    arbitrary: intents.map((intent) => (puppet: Puppet) => {
      puppet.wants(intent);
    }),
  },
  {
    weight: 3,
    arbitrary: happenings.map((event) => (puppet: Puppet) => {
      puppet.media(event);
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Step>(
      (puppet) => {
        puppet.connected();
      },
      (puppet) => {
        puppet.disconnected();
      },
      (puppet) => {
        puppet.waits();
      },
    ),
  },
);

/** What holds whatever a server says. */
function check({ sent, told, view, wanted }: Puppet): void {
  const kinds = sent.map(({ type }) => type);
  if (kinds.includes("consent")) expect(wanted).toContain("consent");
  if (told.includes("start")) {
    expect(kinds).toContain("open");
    expect(told.indexOf("epoch")).toBeLessThan(told.indexOf("start"));
    expect(told.indexOf("epoch")).toBeGreaterThanOrEqual(0);
  }
  if (view.over !== null) expect(told.lastIndexOf("closeAll")).toBeGreaterThan(told.lastIndexOf("start"));
}

describe("a server that says what it likes, in any order,", () => {
  test("gets nobody in without their consent, no sound without keys, and breaks nothing", async () => {
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(ENTERING.length),
        fc.array(fc.tuple(steps, fc.boolean()), { maxLength: 25 }),
        async (inside, more) => {
          const puppet = await Puppet.start();
          const entering = ENTERING.slice(0, inside).map((step) => [step, true] as const);
          for (const [step, waits] of [...entering, ...more]) {
            step(puppet);
            if (waits) await puppet.settled();
            reached.add(puppet.view.phase);
            check(puppet);
          }
          await puppet.settled();
          check(puppet);
        },
      ),
      { numRuns: 20, examples: [[ENTERING.length, [[LEAVING, true]]]] },
    );
    expect([...reached]).toEqual(expect.arrayContaining(["call", "over"]));
  });

  test("and makes no sense, ends the call with a word of why, and sends nothing any more", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(ENTERING.length),
        fc.oneof(
          fc.string(),
          liedMessage.map((lied) => JSON.stringify(lied)),
        ),
        async (inside, text) => {
          const puppet = await Puppet.start();
          for (const step of ENTERING.slice(0, inside)) {
            step(puppet);
            await puppet.settled();
          }
          puppet.hears(text);
          await puppet.settled();
          check(puppet);
          if (puppet.view.over?.reason !== "garbled") return;
          const before = puppet.sent.length;
          expect(puppet.view.over.hint).toContain("Reload the page");
          for (const [type, [facts]] of Object.entries(SAMPLES)) puppet.says(type, facts);
          puppet.waits();
          await puppet.settled();
          expect(puppet.sent).toHaveLength(before);
        },
      ),
      { numRuns: 20 },
    );
  });
});

test("a session that is closed is over, at once and for good, and does not say that it is left", async () => {
  for (let inside = 0; inside <= ENTERING.length; inside++) {
    const puppet = await Puppet.start();
    for (const step of ENTERING.slice(0, inside)) {
      step(puppet);
      await puppet.settled();
    }
    puppet.closes();
    const [sent, told] = [puppet.sent.length, puppet.told.length];
    expect(puppet.told.slice(-2)).toEqual(["closeAll", "disconnect"]);
    expect(puppet.sent.map(({ type }) => type)).not.toContain("leave");
    for (const step of ENTERING) step(puppet);
    puppet.disconnected();
    puppet.waits();
    await puppet.settled();
    expect([puppet.sent.length, puppet.told.length]).toEqual([sent, told]);
  }
});

describe("keys that do not fit", () => {
  const wrong: [string, Facts][] = [
    ["committed", SAMPLES.committed[0]],
    ["welcome", SAMPLES.welcome[0]],
    ["accepted", SAMPLES.accepted[0]],
    ["change", SAMPLES.change[0]],
  ];
  test.each(wrong)("(%s) make the page come again; again and again, and it says so", async (type, facts) => {
    const puppet = await Puppet.start();
    for (let round = 1; round <= MOST_FAILURES; round++) {
      for (const step of ENTERING.slice(0, 3)) step(puppet);
      await vi.waitFor(() => {
        expect(puppet.sent.filter((message) => message["type"] === "consent")).toHaveLength(round);
      }, PATIENT);
      puppet.says("admitted", SAMPLES.admitted[1]!);
      puppet.says(type, facts);
      await vi.waitFor(() => {
        expect(puppet.view.phase).toBe(round < MOST_FAILURES ? "reconnecting" : "over");
      }, PATIENT);
      puppet.waits();
    }
    expect(puppet.view.over?.reason).toBe("keys");
    expect(puppet.told).not.toContain("start");
  });
});
