/** What members of a group send one another, taken apart and put together; and who is in the group by its tree. */

import {
  type CiphersuiteImpl,
  type ClientState,
  decodeMlsMessage,
  encodeMlsMessage,
  type KeyPackage,
  type MLSMessage,
  type Proposal,
  type Welcome,
} from "ts-mls";
import { verifyKeyPackage } from "ts-mls/keyPackage.js";
import { verifyLeafNodeSignatureKeyPackage } from "ts-mls/leafNode.js";

import type { Bytes } from "../keys.ts";
import { copy } from "./bytes.ts";
import { GroupError } from "./errors.ts";

/** What helps where the group's keys do not fit. */
export const RELOAD = "Reload the page to join again.";

/** Somebody in the group, as the group itself knows them. */
export interface GroupMember {
  readonly id: string;
  /** Their device's public key, 32 bytes. */
  readonly device: Bytes;
}

/** Returns a message's bytes. */
export function encodeMessage(message: MLSMessage): Bytes {
  return copy(encodeMlsMessage(message));
}

/** Returns a welcome's bytes. */
export function encodeWelcome(welcome: Welcome): Bytes {
  return encodeMessage({ version: "mls10", wireformat: "mls_welcome", welcome });
}

/**
 * Returns the message that bytes are.
 *
 * @throws {@link GroupError} they are none.
 */
export function decodeMessage(bytes: Bytes): MLSMessage {
  const decoded = attempt(() => decodeMlsMessage(bytes, 0));
  if (decoded?.[1] !== bytes.length) throw new GroupError("a message of the group makes no sense", RELOAD);
  return decoded[0];
}

/** Returns the proposal to add a member; null where the key package is not theirs, forged, or none. */
export async function additionOf(member: string, bytes: Bytes, suite: CiphersuiteImpl): Promise<Proposal | null> {
  const message = attempt(() => decodeMessage(bytes));
  if (message?.wireformat !== "mls_key_package") return null;
  const { keyPackage } = message;
  const theirs = nameOf(keyPackage.leafNode) === member && (await isSigned(keyPackage, suite));
  return theirs ? { proposalType: "add", add: { keyPackage } } : null;
}

/**
 * Returns the proposal to remove a member.
 *
 * @throws {@link GroupError} nobody is in the group by that name: whoever is to be removed may be in it by another, and
 *   would go on listening if it were said that they are removed. Those who come anew make another group, without them.
 */
export function removalOf(member: string, state: ClientState): Proposal {
  const removed = leaves(state).find(([, { id }]) => id === member)?.[0];
  if (removed === undefined) throw new GroupError("somebody who is to be removed is not in the group", RELOAD);
  return { proposalType: "remove", remove: { removed } };
}

/**
 * Returns who is in the group.
 *
 * @throws {@link GroupError} somebody is in it twice, or nameless: of two leaves with one name, one could listen unseen.
 */
export function membersOf(state: ClientState): GroupMember[] {
  const members = leaves(state).map(([, member]) => member);
  const ids = new Set(members.map(({ id }) => id));
  if (ids.size !== members.length || ids.has("")) throw new GroupError("somebody is in the group twice", RELOAD);
  return members;
}

/** Returns the members, each with the number of its leaf. */
function leaves(state: ClientState): [number, GroupMember][] {
  return state.ratchetTree.flatMap((node, index): [number, GroupMember][] => {
    if (node?.nodeType !== "leaf") return [];
    return [[index / 2, { id: nameOf(node.leaf), device: copy(node.leaf.signaturePublicKey) }]];
  });
}

function nameOf({ credential }: Extract<ClientState["ratchetTree"][number], { nodeType: "leaf" }>["leaf"]): string {
  return credential.credentialType === "basic" ? new TextDecoder().decode(credential.identity) : "";
}

/** The library looks as well, but of two packages at once, and one of them forged, it leaves an error that nobody takes. */
async function isSigned(keyPackage: KeyPackage, { signature }: CiphersuiteImpl): Promise<boolean> {
  try {
    const leaf = await verifyLeafNodeSignatureKeyPackage(keyPackage.leafNode, signature);
    return leaf && (await verifyKeyPackage(keyPackage, signature));
  } catch {
    return false;
  }
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
