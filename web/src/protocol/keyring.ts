/** What a member has of keys while they are connected: the receipt's, the stream's and the group's. */

import type { Bytes } from "../keys.ts";
import type { Device } from "./device.ts";
import { GroupError } from "./errors.ts";
import type { Command, KeyEvent } from "./events.ts";
import { RELOAD } from "./groupmessages.ts";
import { sealStreamSecret } from "./hpke.ts";
import { Joining } from "./joining.ts";
import type { ServerMessageOf } from "./messages.ts";
import { Group } from "./mls.ts";
import { signReceipt } from "./receipt.ts";
import type { Epoch } from "./schedule.ts";
import { type Spoken, SpeechSealer } from "./speech.ts";

const SECRET_BYTES = 32;

type Challenge = ServerMessageOf<"challenge">;
type Signed = KeyEvent & { readonly type: "signed" };
type Sealed = KeyEvent & { readonly type: "sealed" };
type CommitMade = KeyEvent & { readonly type: "commit made" };

/** One connection's keys. Calls are made one after the other: each waits for the one before. */
export class Keyring {
  readonly #device: Device;
  #entered: { readonly challenge: Challenge; readonly joining: Joining } | null = null;
  #group: Group | null = null;
  #secret: Bytes | null = null;
  #epoch: Epoch | null = null;
  #speech: SpeechSealer | null = null;

  constructor(device: Device) {
    this.#device = device;
  }

  /** The group's newest epoch; null before there is a group. */
  get epoch(): Epoch | null {
    return this.#epoch;
  }

  /** Hands out the stream secret that was sealed last; once. */
  takeSecret(): Bytes {
    const secret = this.#secret;
    if (secret === null) throw new GroupError("a stream was opened that nobody asked for", RELOAD);
    this.#secret = null;
    return secret;
  }

  /** Signs the receipt, and makes what others need to add this member. */
  async sign(challenge: Challenge): Promise<Signed> {
    const { call, member, notice, ledger_root: ledgerRoot } = challenge;
    const nonce = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
    const consent = { call: call.id, member: member.id, notice, ledgerRoot, nonce, challenge: challenge.challenge };
    const { text, signature } = await signReceipt(consent, this.#device);
    const joining = await Joining.prepare(this.#device, member.id);
    this.#entered = { challenge, joining };
    return { type: "signed", receipt: text, signature, keyPackage: joining.keyPackage };
  }

  /** Draws the secret of a new stream of one's own, and seals it to the dealer. */
  async sealSecret(): Promise<Sealed> {
    const { call, member, dealer_key: dealerKey } = this.#enteredOrThrow().challenge;
    const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
    const sealed = await sealStreamSecret(secret, dealerKey, call.id, member.id);
    this.#secret = secret;
    return { type: "sealed", sealed };
  }

  /** Seals what is said for the vault from now on, to its key for this stream. */
  keep(stream: number, key: Bytes, next: number): void {
    const { call, member } = this.#enteredOrThrow().challenge;
    this.#speech = new SpeechSealer(this.#device, key, { call: call.id, speaker: member.id, stream }, next);
  }

  /** Seals what was said for the vault; null where that is not wanted any more. */
  async sealSpeech(spoken: Spoken): Promise<KeyEvent | null> {
    const sealer = this.#speech;
    if (sealer?.stream !== spoken.stream) return null;
    const piece = await sealer.seal(spoken);
    return sealer === this.#speech ? { type: "speech sealed", piece } : null;
  }

  /** Nothing more is to be kept. */
  dropSpeech(): void {
    this.#speech = null;
  }

  async create(): Promise<void> {
    const { challenge, joining } = this.#enteredOrThrow();
    this.#group = await Group.create(challenge.call.id, joining);
    await this.#changed();
  }

  async join(welcome: Bytes): Promise<void> {
    const { challenge, joining } = this.#enteredOrThrow();
    this.#group = await Group.join(challenge.call.id, joining, welcome);
    await this.#changed();
  }

  /** Takes another's commit, made in `epoch`. */
  async process({ epoch, commit }: Command & { readonly do: "process commit" }): Promise<void> {
    if (this.#groupOrThrow().epoch !== epoch) throw new GroupError("a change of the group was missed", RELOAD);
    await this.#groupOrThrow().process(commit);
    await this.#changed();
  }

  async commit({ epoch, adds, removes }: Command & { readonly do: "make commit" }): Promise<CommitMade> {
    if (this.#groupOrThrow().epoch !== epoch) throw new GroupError("a change of the group was missed", RELOAD);
    return { type: "commit made", made: await this.#groupOrThrow().commit(adds, removes) };
  }

  async accept(): Promise<void> {
    this.#groupOrThrow().accept();
    await this.#changed();
  }

  drop(epoch: number): void {
    this.#group?.drop(epoch);
  }

  /** Returns what there is to know of the group as it is now. */
  state(): KeyEvent {
    const group = this.#groupOrThrow();
    return { type: "group", epoch: group.epoch, members: group.members.map(({ id }) => id) };
  }

  /** Returns the safety words of the epoch that it is now; takes some tenths of a second. */
  async words(): Promise<KeyEvent> {
    const group = this.#groupOrThrow();
    const { epoch } = group;
    return { type: "words", epoch, words: await group.words() };
  }

  async #changed(): Promise<void> {
    this.#epoch = await this.#groupOrThrow().frameEpoch();
  }

  #enteredOrThrow() {
    if (this.#entered === null) throw new GroupError("nothing was consented to", RELOAD);
    return this.#entered;
  }

  #groupOrThrow(): Group {
    if (this.#group === null) throw new GroupError("there is no group yet", RELOAD);
    return this.#group;
  }
}
