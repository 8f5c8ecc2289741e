/** Joins the session to the media of the call: what the one commands, the other does, and reports. */

import type { CallMedia } from "../../media/call-media.ts";
import type { Microphone } from "../../media/microphone.ts";
import type { DealtKeys, Epoch, Loss, Media, MediaEvent, Offered, OwnStream } from "../../protocol/index.ts";

/** What is told of the media's doings. */
export interface Listener {
  happened(event: MediaEvent): void;
  /** The microphone's sound cannot be sent. */
  unsent(message: string): void;
}

export class Sounding implements Media {
  /**
   * @param media once there are any: they need a click.
   * @param microphone the one that is open, if any.
   */
  constructor(
    private readonly media: () => CallMedia | null,
    private readonly microphone: () => Microphone | null,
    private readonly listener: Listener,
  ) {}

  epoch(epoch: Epoch): void {
    this.media()?.epoch(epoch);
  }

  sealUnder(epoch: Epoch): void {
    this.media()?.sealUnder(epoch);
  }

  start(own: OwnStream): void {
    const [media, microphone] = [this.media(), this.microphone()];
    if (media === null || microphone === null) {
      this.listener.unsent("The microphone is closed.");
      return;
    }
    this.report(this.offered(own.stream, media.speak(own, microphone)));
  }

  stop(): void {
    this.media()?.silence();
  }

  again(stream: number): void {
    const media = this.media();
    if (media !== null) this.report(this.offered(stream, media.again(stream)));
  }

  keep(kept: boolean): void {
    this.media()?.keep(kept);
  }

  loss(stream: number, loss: Loss): void {
    this.media()?.lossOf(stream, loss);
  }

  answer(stream: number, offer: number, sdp: string): void {
    this.report(this.media()?.published(stream, offer, sdp));
  }

  offer(stream: number, offer: number, sdp: string): void {
    const answer = this.media()?.hear(stream, sdp);
    answer?.then(
      (own) => {
        this.listener.happened({ type: "answered", stream, offer, sdp: own });
      },
      () => undefined, // the stream is over before it could be answered
    );
  }

  keys(stream: number, keys: DealtKeys): void {
    this.media()?.deal(stream, keys);
  }

  sample(stream: number, position: number): void {
    this.media()?.sample(stream, position);
  }

  close(stream: number): void {
    this.media()?.forget(stream);
  }

  closeAll(): void {
    this.media()?.disconnectAll();
  }

  private async offered(stream: number, offering: Promise<Offered | null>): Promise<void> {
    const offered = await offering;
    if (offered !== null) this.listener.happened({ type: "offered", stream, ...offered });
  }

  private report(work: Promise<void> | undefined): void {
    work?.catch((error: unknown) => {
      this.listener.unsent(error instanceof Error ? error.message : String(error));
    });
  }
}
