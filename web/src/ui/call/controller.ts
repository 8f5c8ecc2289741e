/** The call's page as a whole: one session, one microphone, one place for sound, and what people do with them. */

import { BrowserStore } from "../../browser/devices.ts";
import { Socket } from "../../browser/socket.ts";
import { CallMedia } from "../../media/call-media.ts";
import { RATE } from "../../media/encoders.ts";
import { Microphone } from "../../media/microphone.ts";
import type { Support } from "../../media/support.ts";
import { type Intent, Session, type View } from "../../protocol/index.ts";
import { Store } from "../store.ts";
import { shown } from "./shown.ts";
import { Sounding } from "./sounding.ts";
import { type CallActions, type CallView, EMPTY } from "./view.ts";

/** How often it is looked who speaks, in ms. */
const LOOK_MS = 400;
/** How often in a row one's own stream is begun anew since it gives no sound. */
const MOST_RENEWALS = 2;

export class Controller implements CallActions {
  readonly store = new Store<CallView>(EMPTY);
  private session: Session | null = null;
  private context: AudioContext | null = null;
  private microphone: Microphone | null = null;
  private media: CallMedia | null = null;
  private wantsToSpeak = false;
  /** Counts how often the microphone was asked for or closed: what was asked for earlier is of no use any more. */
  private openings = 0;
  private closed = false;
  private looking: ReturnType<typeof setInterval> | undefined;

  /** @param place where audio elements are put. */
  constructor(private readonly place: HTMLElement) {}

  /** Connects with an invitation. */
  async start(token: string, { encodedTransform }: Support): Promise<void> {
    const sounding = new Sounding(
      () => this.media,
      () => this.microphone,
      {
        happened: (event) => this.session?.media(event),
        unsent: (message) => {
          this.unsent(message);
        },
      },
    );
    const ports = {
      transport: new Socket(),
      media: sounding,
      now: () => performance.now(),
      random: () => Math.random(),
      after: (ms: number, then: () => void) => {
        const timer = setTimeout(then, ms);
        return () => {
          clearTimeout(timer);
        };
      },
      changed: (view: View) => {
        this.changed(view);
      },
    };
    const options = { token, store: new BrowserStore(), encodedTransform, userAgent: navigator.userAgent };
    this.session = await Session.start(ports, options);
    if (this.closed) {
      this.session.close();
    }
  }

  async openMicrophone(): Promise<boolean> {
    this.closeMicrophone();
    const opening = this.openings;
    const microphone = await Microphone.open(this.sounds(), this.store.value.cleaned);
    if (opening !== this.openings) {
      microphone.close();
      return false;
    }
    microphone.muted = this.store.value.muted; // whoever has muted themselves stays muted by another microphone
    microphone.onLost(() => {
      this.unsent("The microphone is gone.");
    });
    this.microphone = microphone;
    return true;
  }

  closeMicrophone(): void {
    this.openings += 1;
    this.microphone?.close();
    this.microphone = null;
  }

  clean(cleaned: boolean): void {
    this.store.update({ cleaned });
  }

  microphoneLevel(): number {
    return this.microphone?.level() ?? 0;
  }

  hearMyself(on: boolean): void {
    if (this.microphone !== null) {
      this.microphone.loopback = on;
    }
  }

  async join(withMicrophone: boolean): Promise<void> {
    if (withMicrophone && !(await this.opened())) {
      return;
    }
    if (!withMicrophone) {
      this.closeMicrophone();
      this.act({ type: "stop" }); // whoever comes back may have spoken before
    }
    this.hearMyself(false);
    this.wantsToSpeak = withMicrophone;
    this.media ??= this.mediaIn();
    this.act({ type: "consent" });
  }

  async speak(): Promise<void> {
    if (await this.opened()) {
      this.act({ type: "speak" });
    }
  }

  mute(muted: boolean): void {
    if (this.microphone !== null) {
      this.microphone.muted = muted;
    }
    this.media?.mute(muted);
    this.act({ type: "mute", muted });
  }

  keep(kept: boolean): void {
    this.act({ type: "keep", kept });
  }

  admit(member: string): void {
    this.act({ type: "admit", member });
  }

  refuse(member: string): void {
    this.act({ type: "refuse", member });
  }

  remove(member: string): void {
    this.act({ type: "remove", member });
  }

  lock(locked: boolean): void {
    this.act({ type: "lock", locked });
  }

  end(): void {
    this.act({ type: "end" });
  }

  leave(): void {
    this.act({ type: "leave" });
  }

  playSound(): void {
    this.media?.play();
    this.store.update({ silenced: false });
  }

  /**
   * The page is left, or loaded anew: its connection ends with it, which tells the others at once. It is not said that one
   * leaves for good, so that whoever loads the page again need not be let in again.
   */
  close(): void {
    this.closed = true;
    this.session?.close();
    this.over();
  }

  private act(intent: Intent): void {
    this.session?.act(intent);
  }

  /** The microphone's meter needs a click: this is called by one. Nobody waits for it, since without a loudspeaker it never comes. */
  private sounds(): AudioContext {
    this.context ??= new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    void this.context.resume().catch(() => undefined);
    return this.context;
  }

  /** Sees that the microphone is open; says so where it cannot be. */
  private async opened(): Promise<boolean> {
    if (this.microphone !== null) {
      return true;
    }
    try {
      return await this.openMicrophone();
    } catch (error) {
      this.store.update({ alert: error instanceof Error ? error.message : String(error) });
      return false;
    }
  }

  private mediaIn(): CallMedia {
    return new CallMedia(this.place, () => this.session?.view.iceServers ?? [], {
      blocked: () => {
        this.store.update({ silenced: true });
      },
      broken: (stream) => {
        this.session?.media({ type: "broken", stream });
      },
      lost: (stream, percent) => {
        this.session?.media({ type: "lost", stream, percent });
      },
      still: (stream, times) => {
        this.renew(stream, times);
      },
      failed: (message) => {
        this.unsent(message);
      },
      spoken: (spoken) => {
        this.session?.media({ type: "spoken", spoken });
      },
      unkept: (message) => {
        this.act({ type: "keep", kept: false });
        this.store.update({ alert: `What you say is not kept any more. ${message}` });
      },
      sampled: (stream, position, sampled) => {
        this.session?.media({ type: "heard", stream, position, ...sampled });
      },
    });
  }

  private changed(view: View): void {
    if (this.closed) {
      return; // nobody sees it
    }
    const { since, phase } = this.store.value;
    const entered = view.phase === "call" && phase.at !== "call";
    this.store.update({ ...shown(view, phase.at === "call"), ...(entered ? { since: since ?? Date.now() } : {}) });
    if (view.over !== null && this.store.value.lasted === null) {
      this.store.update({ lasted: since === null ? null : Date.now() - since });
      this.over();
    } else if (entered) {
      this.looking ??= setInterval(() => void this.look(), LOOK_MS);
      if (this.wantsToSpeak && this.microphone !== null) {
        queueMicrotask(() => {
          this.act({ type: "speak" });
        });
      }
    }
  }

  /** Nobody is heard any more, and nothing is sent: not even a light of the microphone is left on. */
  private over(): void {
    clearInterval(this.looking);
    this.closeMicrophone();
    this.media?.close();
    this.media = null;
    void this.context?.close().catch(() => undefined);
    this.context = null;
  }

  private unsent(message: string): void {
    this.closeMicrophone();
    this.act({ type: "stop" });
    this.store.update({ alert: `Your microphone is not sent any more. ${message}` });
  }

  /** Streams of others that should be heard now; none while the server is gone, which is asked for other ways. */
  private expected(): number[] {
    const { me, members, reconnecting } = this.store.value;
    const streams = members.filter(({ id }) => id !== me?.id).map(({ stream }) => stream);
    return reconnecting ? [] : streams.filter((stream) => stream !== null);
  }

  /** Speaks in another stream where nothing comes of the microphone in this one; of one that stays silent it is told. */
  private renew(stream: number, times: number): void {
    if (this.session?.view.stream !== stream) {
      return;
    }
    if (times > MOST_RENEWALS) {
      this.unsent("It gives no sound. Plug it in again, or choose another one.");
      return;
    }
    this.act({ type: "stop" });
    this.act({ type: "speak" });
  }

  /** Looks who speaks and how well it arrives, and how far one's own stream is. */
  private async look(): Promise<void> {
    const media = this.media;
    if (media === null) {
      return;
    }
    const { at, ...look } = await media.look(performance.now(), this.expected());
    const before = this.store.value;
    const same = sameStreams(look.speaking, before.speaking) && sameStreams(look.unkeyed, before.unkeyed);
    if (!same || look.quality !== before.quality) {
      this.store.update(look);
    }
    if (at !== null && media === this.media) {
      this.session?.media({ type: "at", ...at });
    }
  }
}

function sameStreams(one: ReadonlySet<number>, other: ReadonlySet<number>): boolean {
  return one.size === other.size && [...one].every((stream) => other.has(stream));
}
