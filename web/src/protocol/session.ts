/**
 * A member's part in a call, whole: the state machine (`Client`), the keys (`Keyring`), and the ways to the outside,
 * which are handed in: the connection, the media, the timers.
 */

import { type ClientOptions, Client } from "./client.ts";
import { Device, type DeviceStore } from "./device.ts";
import { MessageError, ProtocolError } from "./errors.ts";
import type { Command, Event, Intent, KeyEvent, MediaEvent, Timer, View } from "./events.ts";
import { Keyring } from "./keyring.ts";
import { encodeClientMessage, parseServerMessage } from "./messages.ts";
import type { Line, Ports } from "./ports.ts";

/** Who comes, but for the device's key, which the session fetches or makes. */
export interface SessionOptions extends Omit<ClientOptions, "device"> {
  readonly store: DeviceStore;
}

type KeyCommand = Extract<
  Command,
  {
    do:
      | "sign"
      | "seal secret"
      | "seal speech"
      | "create group"
      | "join group"
      | "process commit"
      | "make commit"
      | "accept commit"
      | "drop commit";
  }
>;

export class Session implements Line {
  readonly #ports: Ports;
  readonly #device: Device;
  readonly #client: Client;
  readonly #timers = new Map<Timer, () => void>();
  #keyring: Keyring;
  #last: Promise<void> = Promise.resolve();

  private constructor(ports: Ports, device: Device, options: SessionOptions) {
    this.#ports = ports;
    this.#device = device;
    this.#client = new Client({ ...options, device: device.publicKey }, () => ports.random());
    this.#keyring = new Keyring(device);
  }

  /** Opens this browser's device, and connects. */
  static async start(ports: Ports, options: SessionOptions): Promise<Session> {
    const session = new Session(ports, await Device.open(options.store), options);
    session.#handle({ type: "start" });
    return session;
  }

  get view(): View {
    return this.#client.view;
  }

  connected(): void {
    this.#handle({ type: "connected" });
  }

  disconnected(): void {
    this.#handle({ type: "disconnected" });
  }

  /** Takes what the server has sent, of which nothing is believed. */
  received(text: string): void {
    try {
      this.#handle({ type: "received", message: parseServerMessage(text) });
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.#handle({ type: "garbled", problem: { message: error.message, hint: error.hint } });
    }
  }

  /** Does what the person wants. */
  act(intent: Intent): void {
    this.#handle(intent);
  }

  /** Ends the connection, for good, but without a word: to the server it is lost, and not left. */
  close(): void {
    this.#handle({ type: "closed" });
  }

  /** Takes what the media have to say. */
  media(event: MediaEvent): void {
    this.#handle(event);
  }

  #handle(event: Event): void {
    for (const command of this.#client.handle(event, this.#ports.now())) this.#carryOut(command);
    this.#ports.changed(this.#client.view);
  }

  #carryOut(command: Command): void {
    const { transport, media } = this.#ports;
    switch (command.do) {
      case "connect":
        transport.connect(this, command.server);
        break;
      case "disconnect":
        transport.close();
        break;
      case "send":
        transport.send(encodeClientMessage(command.message));
        break;
      case "after":
        this.#after(command.timer, command.ms);
        break;
      case "cancel":
        this.#cancel(command.timer);
        break;
      case "leave group":
        this.#keyring = new Keyring(this.#device);
        break;
      case "seal under newest":
        if (this.#keyring.epoch !== null) media.sealUnder(this.#keyring.epoch);
        break;
      case "start stream": {
        const { stream, segment_ms: segmentMs, slot_ms: slotMs, depth } = command.opened;
        media.start({ stream, secret: this.#keyring.takeSecret(), segmentMs, slotMs, depth });
        break;
      }
      case "keep speech":
        this.#keyring.keep(command.stream, command.key, command.next);
        media.keep(true);
        break;
      case "drop speech":
        this.#keyring.dropSpeech();
        media.keep(false);
        break;
      case "stop stream":
        media.stop(command.stream);
        break;
      case "offer again":
        media.again(command.stream);
        break;
      case "take loss":
        media.loss(command.stream, command.loss);
        break;
      case "take answer":
        media.answer(command.stream, command.offer, command.sdp);
        break;
      case "take offer":
        media.offer(command.stream, command.offer, command.sdp);
        break;
      case "take keys":
        media.keys(command.stream, command.keys);
        break;
      case "sample":
        media.sample(command.stream, command.position);
        break;
      case "close stream":
        media.close(command.stream);
        break;
      case "close all":
        media.closeAll();
        break;
      default:
        this.#queue(command);
    }
  }

  /** Does what is cryptography, one after the other; what comes of it counts only while the connection is the same. */
  #queue(command: KeyCommand): void {
    const keyring = this.#keyring;
    const done = this.#last.then(async () => {
      if (keyring !== this.#keyring) return;
      const event = await keyed(keyring, command).catch(failure);
      if (keyring !== this.#keyring || event === null) return;
      if (event.type === "group") this.#regrouped(keyring);
      this.#handle(event);
    });
    this.#last = done.catch((error: unknown) => {
      queueMicrotask(() => {
        throw error; // for the browser to tell; what comes later is done all the same
      });
    });
  }

  /** The group has changed: media may open what is sealed under its new epoch, and there are new words to compare. */
  #regrouped(keyring: Keyring): void {
    if (keyring.epoch !== null) this.#ports.media.epoch(keyring.epoch);
    void keyring.words().then((words) => {
      if (keyring === this.#keyring) this.#handle(words);
    });
  }

  #after(timer: Timer, ms: number): void {
    this.#cancel(timer);
    const cancel = this.#ports.after(ms, () => {
      this.#timers.delete(timer);
      this.#handle({ type: "timer", timer });
    });
    this.#timers.set(timer, cancel);
  }

  #cancel(timer: Timer): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }
}

async function keyed(keyring: Keyring, command: KeyCommand): Promise<KeyEvent | null> {
  switch (command.do) {
    case "sign":
      return keyring.sign(command.challenge);
    case "seal secret":
      return keyring.sealSecret();
    case "seal speech":
      return keyring.sealSpeech(command.spoken);
    case "make commit":
      return keyring.commit(command);
    case "drop commit":
      keyring.drop(command.epoch);
      return null;
    case "create group":
      await keyring.create();
      break;
    case "join group":
      await keyring.join(command.welcome);
      break;
    case "process commit":
      await keyring.process(command);
      break;
    case "accept commit":
      await keyring.accept();
  }
  return keyring.state();
}

function failure(error: unknown): KeyEvent {
  const message = error instanceof Error ? error.message : String(error);
  return { type: "failed", problem: { message, hint: error instanceof ProtocolError ? error.hint : "" } };
}
