/** All sound of a call, in one's own browser: what the session tells to start and stop, and asks how it is. */

import type { DealtKeys, Epoch, IceServer, Loss, Offered, OwnStream, Sampled, Spoken } from "../protocol/index.ts";
import { Activity } from "./activity.ts";
import { Publication, Subscription, whenBroken } from "./connections.ts";
import { concealed, lostPercent, quality, reception, worst, type Quality, type Reception } from "./health.ts";
import { KeyWatch } from "./keywatch.ts";
import { marking, type Marking } from "./marking.ts";
import type { Counts, FromWorker, ReceivingCounts, SendingCounts, ToWorker } from "./messages.ts";
import type { Microphone } from "./microphone.ts";
import { Patience } from "./patience.ts";
import { Sound } from "./sound.ts";
import { type Seen, Watch } from "./watch.ts";

/** How loud one is, on a meter's scale, when one speaks. */
const SPEAKING_LEVEL = 0.35;

export interface CallMediaEvents {
  /** The browser wants a click before it plays. */
  blocked(): void;
  /** The way to the relay on which a stream goes is broken. */
  broken(stream: number): void;
  /** So many packets of a hundred of a stream were lost, in the last seconds. */
  lost(stream: number, percent: number): void;
  /** The own stream gives no sound, not even silence: for so many times in a row. */
  still(stream: number, times: number): void;
  /** Coding or sealing gave up; the own stream is over. */
  failed(message: string): void;
  /** A piece of what is said in one's own stream; see `keep`. */
  spoken(spoken: Spoken): void;
  /** There will be no more pieces. */
  unkept(message: string): void;
  /** What `sample` has asked for. */
  sampled(stream: number, position: number, sampled: Sampled): void;
}

interface Own {
  stream: number;
  marking: Marking;
  publication: Publication;
  /** So many times another way was looked for. */
  offers: number;
}

/** What there is to see of the media. */
export interface Look {
  speaking: ReadonlySet<number>;
  quality: Quality;
  /** Streams that arrive, and cannot be heard for want of keys. */
  unkeyed: ReadonlySet<number>;
  /** The newest position of the own stream; null while nothing is sent. */
  at: { stream: number; position: number } | null;
}

interface Heard {
  subscription: Subscription;
  patience: Patience;
  before: Reception | null;
  quality: Quality;
  /** How many packets have come. */
  packets: number;
}

export class CallMedia {
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  private readonly sound: Sound;
  private readonly heard = new Map<number, Heard>();
  private readonly activity = new Activity();
  private readonly keyWatch = new KeyWatch();
  private readonly wayWatch = new Watch();
  private readonly soundWatch = new Watch();
  private counting: ((counts: Counts) => void)[] = [];
  private own: Own | null = null;
  private beginning: symbol | null = null;

  /**
   * @param place is where audio elements are put.
   * @param named are the servers that help to find a way through, as they are now: their passwords do not last.
   */
  constructor(
    place: HTMLElement,
    private readonly named: () => readonly IceServer[],
    private readonly events: CallMediaEvents,
  ) {
    this.sound = new Sound(place, () => {
      events.blocked();
    });
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      switch (data.type) {
        case "failed":
          events.failed(data.message);
          break;
        case "spoken":
          events.spoken(data.spoken);
          break;
        case "unkept":
          events.unkept(data.message);
          break;
        case "sampled":
          events.sampled(data.stream, data.position, data.sampled);
          break;
        case "counts":
          this.counting.splice(0, 1).forEach((take) => {
            take(data.counts);
          });
      }
    };
  }

  /** Takes the group's new epoch, under which others may seal. */
  epoch(epoch: Epoch): void {
    this.tell({ type: "epoch", epoch });
  }

  /** Seals one's own stream under an epoch from now on. */
  sealUnder(epoch: Epoch): void {
    this.tell({ type: "seal", epoch });
  }

  deal(stream: number, keys: DealtKeys): void {
    this.tell({ type: "keys", stream, keys });
  }

  /** Asks what was heard of somebody's stream at a position. */
  sample(stream: number, position: number): void {
    this.tell({ type: "sample", stream, position });
  }

  /** Begins one's own stream. Returns the offer for the relay; null where the stream is over before there is one. */
  async speak(own: OwnStream, microphone: Microphone): Promise<Offered | null> {
    this.silence();
    const beginning = (this.beginning = Symbol());
    const marked = await marking(microphone, own);
    if (this.beginning !== beginning) {
      marked.stop();
      return null;
    }
    const { source } = marked;
    this.tell({ type: "speak", own, source, muted: microphone.muted }, [source]);
    const publication = this.publication(own.stream, marked);
    this.own = { stream: own.stream, marking: marked, publication, offers: 0 };
    return this.offer(this.own);
  }

  /**
   * Lets one's own stream go on, on another way. Returns the offer for the relay; null where the stream is over, or has
   * found yet another way meanwhile.
   */
  async again(stream: number): Promise<Offered | null> {
    const { own } = this;
    if (own?.stream !== stream) {
      return null;
    }
    own.publication.close();
    own.publication = this.publication(stream, own.marking);
    own.offers += 1;
    return this.offer(own);
  }

  /** Takes the relay's answer to an offer; does nothing where another offer has taken its place. */
  async published(stream: number, offer: number, answer: string): Promise<void> {
    const { own } = this;
    if (own?.stream === stream && own.offers === offer) {
      await this.unlessReplaced(own, own.publication.accept(answer));
    }
  }

  /** Takes what listeners miss of one's own stream. */
  lossOf(stream: number, loss: Loss): void {
    if (this.own?.stream === stream) {
      this.tell({ type: "loss", loss });
    }
  }

  /** Hands out what is said in one's own stream, unmarked, piece by piece; or does not any more. */
  keep(kept: boolean): void {
    this.tell({ type: "keep", kept });
  }

  /** Own sound is silence from now on, or is not any more; besides what the microphone does itself. */
  mute(muted: boolean): void {
    this.tell({ type: "mute", muted });
  }

  silence(): void {
    this.beginning = null;
    this.own?.marking.stop();
    this.own?.publication.close();
    this.own = null;
    this.tell({ type: "silence" });
  }

  /** Takes the relay's offer of somebody's stream. Returns the answer. */
  async hear(stream: number, offer: string): Promise<string> {
    this.disconnect(stream);
    const subscription = new Subscription(this.worker, stream, this.iceServers);
    whenBroken(subscription.connection, () => {
      this.events.broken(stream);
    });
    this.heard.set(stream, { subscription, patience: new Patience(), before: null, quality: "good", packets: 0 });
    const { sdp, track } = await subscription.accept(offer);
    if (this.heard.get(stream)?.subscription !== subscription) {
      throw new Error("Another offer has taken the place of this one.");
    }
    this.sound.add(stream, track);
    return sdp;
  }

  /** Ends somebody's stream; its keys are forgotten. */
  forget(stream: number): void {
    this.disconnect(stream);
    this.tell({ type: "drop", stream });
  }

  /**
   * Nothing is heard or said for now. What opens each stream is kept: a stream that goes on is heard again by the keys
   * that come anew, and what was heard of it is not heard twice.
   */
  disconnectAll(): void {
    this.silence();
    [...this.heard.keys()].forEach((stream) => {
      this.disconnect(stream);
    });
  }

  play(): void {
    this.sound.play();
  }

  private get iceServers(): RTCIceServer[] {
    return this.named().map(({ urls, username, credential }) => ({ urls: [...urls], username, credential }));
  }

  private counts(): Promise<Counts> {
    return new Promise((resolve) => {
      this.counting.push(resolve);
      this.tell({ type: "count" });
    });
  }

  /**
   * Listens around: who speaks now, how well sound arrives, which streams cannot be heard for want of keys, and how far
   * one's own stream is. Tells of ways on which nothing moves, though it should. To be asked a few times a second.
   *
   * @param now in ms, rising.
   * @param expected streams of others that are to be heard, and all of which send now.
   */
  async look(now: number, expected: readonly number[]): Promise<Look> {
    const { own } = this;
    const { sending, streams } = await this.counts();
    if (own !== null && sending !== null && sending.level > SPEAKING_LEVEL) {
      this.activity.heard(own.stream, 1, now);
    }
    const countsOf = new Map(streams.map((counts) => [counts.stream, counts]));
    await Promise.all([...this.heard].map(([stream, heard]) => this.listen(heard, countsOf.get(stream), now)));
    this.watch(own, sending, expected, now);
    return {
      speaking: this.activity.speaking(now),
      quality: worst([...this.heard.values()].map(({ quality }) => quality)),
      unkeyed: this.keyWatch.look(
        streams.filter(({ stream }) => this.heard.has(stream)),
        now,
      ),
      at: own === null || sending === null ? null : { stream: own.stream, position: sending.position },
    };
  }

  close(): void {
    this.disconnectAll();
    this.sound.clear();
    this.worker.terminate();
  }

  private async listen(heard: Heard, counts: ReceivingCounts | undefined, now: number): Promise<void> {
    const { stream } = heard.subscription;
    const current = reception(await heard.subscription.connection.getStats());
    if (current === null) {
      return;
    }
    heard.packets = current.packetsReceived;
    this.activity.heard(stream, current.audioLevel, now);
    const { before } = heard;
    if (before === null) {
      heard.before = current;
    } else if (current.totalSamplesReceived - before.totalSamplesReceived >= QUALITY_SAMPLES) {
      heard.quality = quality(concealed(before, current));
      this.events.lost(stream, lostPercent(before, current));
      heard.before = current;
      if (counts !== undefined) {
        heard.subscription.wait(heard.patience.look(counts)); // sound is kept back for as long as it is worth it
      }
    }
  }

  /** Looks for ways that have come to a standstill, and has them made anew: even silence is sent all the time. */
  private watch(own: Own | null, sending: SendingCounts | null, expected: readonly number[], now: number): void {
    const ways = expected.map((stream) => this.arriving(stream));
    if (own !== null && sending !== null && own === this.own && !own.marking.resting()) {
      const sound = { stream: OWN, way: own.marking, there: true, moved: sending.sealed };
      this.soundWatch.look([sound], now).forEach(({ tries }) => {
        this.events.still(own.stream, tries + 1);
      });
      ways.push(seen(own.stream, own.publication.connection, sending.paired));
    }
    this.wayWatch.look(ways, now).forEach(({ stream }) => {
      this.events.broken(stream);
    });
  }

  private arriving(stream: number): Seen {
    const heard = this.heard.get(stream);
    if (heard === undefined) return { stream, way: null, there: false, moved: 0 };
    return seen(stream, heard.subscription.connection, heard.packets);
  }

  private async offer(own: Own): Promise<Offered | null> {
    const { offers } = own;
    const sdp = await this.unlessReplaced(own, own.publication.offer());
    return sdp === null ? null : { offer: offers, sdp };
  }

  /** Waits for the setting up of the own stream's way; null, and never a failure, where that is not its way any more. */
  private async unlessReplaced<T>(own: Own, work: Promise<T>): Promise<T | null> {
    const { publication } = own;
    const replaced = (): boolean => this.own !== own || own.publication !== publication;
    try {
      const done = await work;
      return replaced() ? null : done;
    } catch (error) {
      if (replaced()) {
        return null;
      }
      throw error;
    }
  }

  private publication(stream: number, { carrier }: Marking): Publication {
    const publication = new Publication(this.worker, carrier, this.iceServers);
    whenBroken(publication.connection, () => {
      this.events.broken(stream);
    });
    return publication;
  }

  private disconnect(stream: number): void {
    this.heard.get(stream)?.subscription.close();
    this.heard.delete(stream);
    this.activity.forget(stream);
    this.sound.remove(stream);
  }

  private tell(message: ToWorker, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }
}

function seen(stream: number, way: RTCPeerConnection, moved: number): Seen {
  return { stream, way, there: way.connectionState === "connected", moved };
}

/** Any number: whoever has another stream has none of those that were before. */
const OWN = 0;

/** Quality is judged every four seconds of sound. */
const QUALITY_SAMPLES = 4 * 48_000;
