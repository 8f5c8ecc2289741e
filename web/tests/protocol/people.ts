/** Members with devices of their own, and groups of them, for tests. */

import { Device, MemoryStore } from "../../src/protocol/device.ts";
import { Joining } from "../../src/protocol/joining.ts";
import { Group, type MadeCommit } from "../../src/protocol/mls.ts";

export const CALL = "c-test";

/** Somebody who is about to join, or has joined. */
export interface Person {
  readonly id: string;
  readonly device: Device;
  joining: Joining;
  group: Group;
}

export async function newDevice(): Promise<Device> {
  return Device.open(new MemoryStore());
}

/** Returns somebody with a key package; they are in no group yet. */
export async function candidate(id: string, device?: Device): Promise<Omit<Person, "group">> {
  const own = device ?? (await newDevice());
  return { id, device: own, joining: await Joining.prepare(own, id) };
}

/** Carries a commit to everybody, as the server does; returns it. */
export async function change(
  committer: Person,
  others: readonly Person[],
  adds: readonly Omit<Person, "group">[],
  removes: readonly string[],
): Promise<{ made: MadeCommit; added: Person[] }> {
  const packages = adds.map(({ id, joining }) => ({ member: id, keyPackage: joining.keyPackage }));
  const made = await committer.group.commit(packages, removes);
  committer.group.accept();
  for (const other of others) await other.group.process(made.commit);
  const added: Person[] = [];
  for (const person of adds) {
    added.push({ ...person, group: await Group.join(CALL, person.joining, made.welcome!) });
  }
  return { made, added };
}

/** Returns people in one group, who came one after the other. */
export async function groupOf(...ids: readonly string[]): Promise<Person[]> {
  const [first, ...others] = await Promise.all(ids.map((id) => candidate(id)));
  const people: Person[] = [{ ...first!, group: await Group.create(CALL, first!.joining) }];
  for (const other of others) {
    const { added } = await change(people[0]!, people.slice(1), [other], []);
    people.push(...added);
  }
  return people;
}
