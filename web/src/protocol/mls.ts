/**
 * The members' group: MLS (RFC 9420), by ts-mls. What follows from it nobody has who is not in it, the server included.
 *
 * Members are added and removed by commits that one of them makes at the server's asking, one for each epoch.
 */

import {
  type CiphersuiteImpl,
  type ClientState,
  createCommit,
  createGroup,
  emptyPskIndex,
  type IncomingMessageCallback,
  joinGroup,
  mlsExporter,
  processMessage,
  type Proposal,
  zeroOutUint8Array,
} from "ts-mls";

import type { Bytes } from "../keys.ts";
import { copy, utf8 } from "./bytes.ts";
import { GroupError } from "./errors.ts";
import {
  additionOf,
  decodeMessage,
  encodeMessage,
  encodeWelcome,
  type GroupMember,
  membersOf,
  RELOAD,
  removalOf,
} from "./groupmessages.ts";
import type { Joining } from "./joining.ts";
import type { Epoch } from "./schedule.ts";
import { CONFIG } from "./suite.ts";
import { safetyWords } from "./words.ts";

/** Somebody who is to be added. */
export interface Addition {
  readonly member: string;
  /** As `Joining.keyPackage` gives it. */
  readonly keyPackage: Bytes;
}

/** A commit that this member has made. It counts for them once the server has accepted it. */
export interface MadeCommit {
  /** The epoch it was made in. */
  readonly epoch: number;
  readonly commit: Bytes;
  /** For those added, with the group's tree in it; null where nobody was. */
  readonly welcome: Bytes | null;
  /** Who was added: those whose key package was theirs and good for something. */
  readonly adds: readonly string[];
  readonly removes: readonly string[];
}

interface Added {
  readonly member: string;
  readonly proposal: Proposal;
}

/** The group, as one member has it. Calls are made one after the other: each waits for the one before. */
export class Group {
  readonly #callId: string;
  readonly #suite: CiphersuiteImpl;
  #state: ClientState;
  #pending: { state: ClientState; consumed: Uint8Array[] } | null = null;

  private constructor(callId: string, suite: CiphersuiteImpl, state: ClientState) {
    this.#callId = callId;
    this.#suite = suite;
    this.#state = state;
  }

  /** Makes the group of a call, with nobody in it but this member; epoch 0. */
  static async create(callId: string, joining: Joining): Promise<Group> {
    const { suite, publicPackage, privatePackage } = joining.parts;
    const state = await createGroup(utf8(callId), publicPackage, privatePackage, [], suite, CONFIG);
    return new Group(callId, suite, state);
  }

  /**
   * Joins the group of a call.
   *
   * @throws {@link GroupError} the welcome is not for this member and call, or makes no sense.
   */
  static async join(callId: string, joining: Joining, welcome: Bytes): Promise<Group> {
    const { suite, publicPackage, privatePackage } = joining.parts;
    const message = decodeMessage(welcome);
    if (message.wireformat !== "mls_welcome") throw new GroupError("what came is no welcome", RELOAD);
    const state = await understood(() =>
      joinGroup(message.welcome, publicPackage, privatePackage, emptyPskIndex, suite, undefined, undefined, CONFIG),
    );
    if (new TextDecoder().decode(state.groupContext.groupId) !== callId) {
      throw new GroupError("the welcome is to the group of another call", RELOAD);
    }
    membersOf(state);
    return new Group(callId, suite, state);
  }

  /** The group's epoch: how often it has changed. */
  get epoch(): number {
    return Number(this.#state.groupContext.epoch);
  }

  /** Who is in the group. This, not the server's word, is who can hear. */
  get members(): GroupMember[] {
    return membersOf(this.#state);
  }

  /**
   * Makes the commit that adds and removes members. Whoever cannot be added is left out of `adds`. Nothing changes until
   * `accept`.
   *
   * @throws {@link GroupError} somebody is to be removed who is not in the group by that name.
   */
  async commit(adds: readonly Addition[], removes: readonly string[]): Promise<MadeCommit> {
    const leaving = removes.map((id) => removalOf(id, this.#state));
    const usable = await this.#usable(adds, removes);
    const [added, made] = await this.#tryCommit(usable, leaving);
    this.#pending = { state: made.newState, consumed: made.consumed };
    return {
      epoch: this.epoch,
      commit: encodeMessage(made.commit),
      welcome: made.welcome === undefined ? null : encodeWelcome(made.welcome),
      adds: added,
      removes: [...removes],
    };
  }

  /** The server has accepted the commit: it counts. */
  accept(): void {
    if (this.#pending === null) throw new GroupError("there is no commit of ours under way", RELOAD);
    this.#advance(this.#pending.state, this.#pending.consumed);
  }

  /** The server has not taken what was made in `epoch`: it never was. What was made since then may still count. */
  drop(epoch: number): void {
    if (epoch === this.epoch) this.#pending = null;
  }

  /**
   * Takes another member's commit.
   *
   * @throws {@link GroupError} it is not one of this group and epoch, or does more than add and remove members.
   */
  async process(commit: Bytes): Promise<void> {
    const message = decodeMessage(commit);
    if (message.wireformat !== "mls_private_message") throw new GroupError("what came is no commit", RELOAD);
    const result = await understood(() =>
      processMessage(message, this.#state, emptyPskIndex, onlyMembers, this.#suite),
    );
    const counts = result.kind === "newState" && result.actionTaken === "accept";
    if (!counts || result.newState.groupContext.epoch !== this.#state.groupContext.epoch + 1n) {
      throw new GroupError("a change of the group was none that may be made", RELOAD);
    }
    membersOf(result.newState);
    this.#advance(result.newState, result.consumed);
  }

  /** Returns what frames are sealed under in this epoch. */
  async frameEpoch(): Promise<Epoch> {
    return { number: this.epoch, secret: await this.#exported("earmark/1 call frames") };
  }

  /** Returns this epoch's safety words. Takes some tenths of a second, elsewhere than in this thread. */
  async words(): Promise<string[]> {
    return safetyWords(await this.#exported("earmark/1 safety words"), this.#callId);
  }

  /** Leaves out whom the others would not accept: with a key package not theirs, or in the group already. */
  async #usable(adds: readonly Addition[], removes: readonly string[]): Promise<Added[]> {
    const taken = new Set(this.members.map(({ id }) => id).filter((id) => !removes.includes(id)));
    const usable: Added[] = [];
    for (const { member, keyPackage } of adds) {
      const proposal = taken.has(member) ? null : await additionOf(member, keyPackage, this.#suite);
      if (proposal === null) continue;
      taken.add(member);
      usable.push({ member, proposal });
    }
    return usable;
  }

  async #exported(label: string): Promise<Bytes> {
    const { exporterSecret } = this.#state.keySchedule;
    return copy(await mlsExporter(exporterSecret, label, utf8(this.#callId), 32, this.#suite));
  }

  /** Commits all additions, or, where they will not do together, those that will do by themselves. */
  async #tryCommit(adds: readonly Added[], removes: readonly Proposal[]) {
    try {
      return [
        adds.map(({ member }) => member),
        await this.#propose([...adds.map((a) => a.proposal), ...removes]),
      ] as const;
    } catch {
      const good: Added[] = [];
      for (const add of adds) if (await this.#works([add.proposal, ...removes])) good.push(add);
      const made = await understood(() => this.#propose([...good.map((a) => a.proposal), ...removes]));
      return [good.map(({ member }) => member), made] as const;
    }
  }

  async #works(proposals: Proposal[]): Promise<boolean> {
    try {
      await this.#propose(proposals);
      return true;
    } catch {
      return false;
    }
  }

  #propose(extraProposals: Proposal[]) {
    const context = { state: this.#state, cipherSuite: this.#suite, pskIndex: emptyPskIndex };
    return createCommit(context, { extraProposals, ratchetTreeExtension: true });
  }

  #advance(state: ClientState, consumed: Uint8Array[]): void {
    this.#state = state;
    this.#pending = null;
    consumed.forEach(zeroOutUint8Array);
  }
}

/** Lets commits through that add and remove members and do nothing else. */
const onlyMembers: IncomingMessageCallback = (incoming) => {
  const allowed = (type: unknown): boolean => type === "add" || type === "remove";
  if (incoming.kind !== "commit") return "reject";
  return incoming.proposals.every(({ proposal }) => allowed(proposal.proposalType)) ? "accept" : "reject";
};

/** Turns what the library throws into errors that a person can be shown. */
async function understood<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new GroupError(`the group's keys do not fit: ${error instanceof Error ? error.message : "unknown"}`, RELOAD);
  }
}
