import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

import type { Bytes } from "../../src/keys.ts";
import { toHex, utf8 } from "../../src/protocol/bytes.ts";
import { GroupError } from "../../src/protocol/errors.ts";
import { Joining } from "../../src/protocol/joining.ts";
import { Group } from "../../src/protocol/mls.ts";
import { CALL, candidate, change, groupOf, type Person } from "./people.ts";
import { anyBytes } from "./samples.ts";

const secretOf = async (person: Person) => toHex((await person.group.frameEpoch()).secret);
const addition = async (member: string) => ({ member, keyPackage: (await candidate(member)).joining.keyPackage });
const ids = (person: Person) => person.group.members.map(({ id }) => id).sort();

describe("four members", () => {
  let people: Person[];
  beforeAll(async () => {
    people = await groupOf("anna", "ben", "cleo", "dora");
  });

  test("share epoch, members and secret, and nobody else does", async () => {
    for (const person of people) {
      expect(person.group.epoch).toBe(3);
      expect(ids(person)).toEqual(["anna", "ben", "cleo", "dora"]);
    }
    expect(new Set(await Promise.all(people.map(secretOf))).size).toBe(1);
    const strangers = await groupOf("anna", "ben", "cleo", "dora");
    expect(await secretOf(strangers[0]!)).not.toBe(await secretOf(people[0]!));
  });

  test("know each other by their devices", () => {
    const known = new Map(people[3]!.group.members.map(({ id, device }) => [id, toHex(device)]));
    for (const { id, device } of people) expect(known.get(id)).toBe(toHex(device.publicKey));
  });

  test("read the same words to each other, others in another group", async () => {
    const words = await Promise.all(people.map((person) => person.group.words()));
    expect(new Set(words.map((list) => list.join(" "))).size).toBe(1);
    expect(words[0]).toHaveLength(6);
    const before = words[0]!;
    await change(people[2]!, [people[0]!, people[1]!, people[3]!], [], []);
    expect(await people[0]!.group.words()).not.toEqual(before);
  });
});

test("a removed member has none of the next epoch's secrets, and cannot follow", async () => {
  const [anna, ben, cleo] = await groupOf("anna", "ben", "cleo");
  const { made } = await change(anna!, [cleo!], [], ["ben"]);
  expect(made.removes).toEqual(["ben"]);
  expect(ids(cleo!)).toEqual(["anna", "cleo"]);
  const before = await secretOf(ben!);
  await expect(ben!.group.process(made.commit)).rejects.toThrow(GroupError);
  expect(await secretOf(ben!)).toBe(before);
  expect(await secretOf(anna!)).not.toBe(before);
  expect(await secretOf(anna!)).toBe(await secretOf(cleo!));
});

test("somebody who comes back with the same device is removed and added in one change", async () => {
  const [anna, ben, cleo] = await groupOf("anna", "ben", "cleo");
  const again = await candidate("ben", ben!.device);
  const { made, added } = await change(anna!, [cleo!], [again], ["ben"]);
  expect(made.adds).toEqual(["ben"]);
  expect(ids(added[0]!)).toEqual(["anna", "ben", "cleo"]);
  expect(await secretOf(added[0]!)).toBe(await secretOf(cleo!));
  await change(added[0]!, [anna!, cleo!], [], []);
  expect(await secretOf(anna!)).toBe(await secretOf(added[0]!));
});

test("several come and go at once, and whoever committed may be removed next", async () => {
  const [anna, ben, cleo, dora] = await groupOf("anna", "ben", "cleo", "dora");
  const { added } = await change(ben!, [dora!], [await candidate("eve"), await candidate("finn")], ["anna", "cleo"]);
  expect(added.map(ids)).toEqual([
    ["ben", "dora", "eve", "finn"],
    ["ben", "dora", "eve", "finn"],
  ]);
  await change(added[1]!, [dora!, added[0]!], [], ["ben"]);
  expect(new Set(await Promise.all([dora!, ...added].map(secretOf))).size).toBe(1);
  for (const gone of [anna!, cleo!]) expect(await secretOf(gone)).not.toBe(await secretOf(dora!));
});

describe("a commit", () => {
  test("counts when it is accepted, and never was when it is dropped", async () => {
    const [anna, ben] = await groupOf("anna", "ben");
    const before = await secretOf(anna!);
    const dropped = await anna!.group.commit([], []);
    expect(anna!.group.epoch).toBe(1);
    anna!.group.drop(1);
    expect(() => {
      anna!.group.accept();
    }).toThrow(GroupError);
    expect(await secretOf(anna!)).toBe(before);
    await change(ben!, [anna!], [], []);
    await expect(ben!.group.process(dropped.commit)).rejects.toThrow(GroupError);
    expect(await secretOf(anna!)).toBe(await secretOf(ben!));
  });

  test("of another member takes the place of one's own that is under way", async () => {
    const [anna, ben] = await groupOf("anna", "ben");
    await anna!.group.commit([], []);
    await change(ben!, [anna!], [], []);
    expect(await secretOf(anna!)).toBe(await secretOf(ben!));
    expect(() => {
      anna!.group.accept();
    }).toThrow("no commit of ours");
  });

  test("still counts when it is told late that the one before it never was", async () => {
    const [anna, ben] = await groupOf("anna", "ben");
    await anna!.group.commit([], []);
    await change(ben!, [anna!], [], []);
    const { commit } = await anna!.group.commit([], []);
    anna!.group.drop(1);
    anna!.group.accept();
    await ben!.group.process(commit);
    expect(await secretOf(anna!)).toBe(await secretOf(ben!));
  });

  test("is taken once, by those in its epoch, and only as it was made", async () => {
    const [anna, ben, cleo] = await groupOf("anna", "ben", "cleo");
    const { made } = await change(anna!, [ben!], [], []);
    await expect(ben!.group.process(made.commit)).rejects.toThrow(GroupError);
    const changed = made.commit.slice();
    changed[changed.length - 5]! ^= 1;
    await expect(cleo!.group.process(changed)).rejects.toThrow(GroupError);
    await cleo!.group.process(made.commit);
    expect(await secretOf(cleo!)).toBe(await secretOf(anna!));
  });

  test("leaves out who cannot be added, and adds the others", async () => {
    const [anna, ben] = await groupOf("anna", "ben");
    const [cleo, dora] = [await candidate("cleo"), await candidate("dora")];
    const forged = dora.joining.keyPackage.slice();
    forged[forged.length - 1]! ^= 1; // the signature
    const made = await anna!.group.commit(
      [
        { member: "eve", keyPackage: cleo.joining.keyPackage },
        { member: "cleo", keyPackage: cleo.joining.keyPackage },
        { member: "finn", keyPackage: utf8("nothing at all") },
        { member: "dora", keyPackage: forged },
        { member: "ben", keyPackage: (await candidate("ben")).joining.keyPackage },
        { member: "gil", keyPackage: (await candidate("gil", anna!.device)).joining.keyPackage },
      ],
      [],
    );
    expect(made.adds).toEqual(["cleo"]);
    anna!.group.accept();
    await ben!.group.process(made.commit);
    const joined = await Group.join(CALL, cleo.joining, made.welcome!);
    expect(joined.members.map(({ id }) => id).sort()).toEqual(["anna", "ben", "cleo"]);
  });

  test("is not made where it would leave in the group whoever is to be removed, who founded it by another's name", async () => {
    const founder = await candidate("carl"); // Anna's, whose client is a modified one
    const anna: Person = { ...founder, id: "anna", group: await Group.create(CALL, founder.joining) };
    const { added } = await change(anna, [], [await candidate("ben")], []);
    const [{ group }] = added as [Person];
    await expect(group.commit([await addition("dora")], ["anna"])).rejects.toThrow("to be removed");
    expect(() => {
      group.accept();
    }).toThrow("no commit of ours");
    expect(group.epoch).toBe(1);
  });

  test("that puts somebody into the group twice is refused by the others", async () => {
    const [anna, ben] = await groupOf("anna", "ben");
    const ghost = await candidate("ben");
    Object.defineProperty(anna!.group, "members", { get: () => [] }); // a modified client, that does not look
    const made = await anna!.group.commit([{ member: "ben", keyPackage: ghost.joining.keyPackage }], []);
    expect(made.adds).toEqual(["ben"]);
    await expect(ben!.group.process(made.commit)).rejects.toThrow("twice");
    expect(ben!.group.epoch).toBe(1);
    await expect(Group.join(CALL, ghost.joining, made.welcome!)).rejects.toThrow("twice");
  });

  test("is no bytes that are not one", async () => {
    const [anna, ben] = await groupOf("anna", "ben");
    const before = await secretOf(anna!);
    await fc.assert(
      fc.asyncProperty(anyBytes(300), async (bytes) => {
        await expect(anna!.group.process(bytes)).rejects.toThrow(GroupError);
      }),
    );
    const { made } = await change(ben!, [anna!], [await candidate("cleo")], []);
    await expect(anna!.group.process(made.welcome!)).rejects.toThrow("no commit");
    expect(await secretOf(anna!)).not.toBe(before);
  });
});

describe("a welcome", () => {
  test("is for whom it was made, to the call that they join", async () => {
    const [anna] = await groupOf("anna");
    const [ben, cleo] = [await candidate("ben"), await candidate("cleo")];
    const { made } = await change(anna!, [], [ben], []);
    await expect(Group.join(CALL, cleo.joining, made.welcome!)).rejects.toThrow(GroupError);
    await expect(Group.join("c-other", ben.joining, made.welcome!)).rejects.toThrow("another call");
    await expect(Group.join(CALL, ben.joining, made.commit)).rejects.toThrow("no welcome");
    await expect(Group.join(CALL, ben.joining, utf8("no"))).rejects.toThrow(GroupError);
  });
});

describe("whatever is changed on the way", () => {
  /** Bytes with some of them changed, cut out or put in. */
  const damaged = (bytes: Bytes): fc.Arbitrary<Bytes> =>
    fc
      .array(fc.tuple(fc.nat(bytes.length - 1), fc.constantFrom("change", "cut", "put"), fc.nat(255)), {
        minLength: 1,
        maxLength: 4,
      })
      .map((damages) => {
        const list = [...bytes];
        for (const [at, how, value] of damages) {
          if (how === "change") list[at % list.length] = value;
          else if (how === "cut") list.splice(at, 1 + (value % 40));
          else list.splice(at, 0, value, value);
        }
        return new Uint8Array(list);
      })
      .filter((list) => toHex(list) !== toHex(bytes));

  test("a commit is refused, and the next one is taken", async () => {
    const [anna, ben] = await groupOf("anna", "ben");
    const made = await anna!.group.commit([], []);
    await fc.assert(
      fc.asyncProperty(damaged(made.commit), async (bytes) => {
        await expect(ben!.group.process(bytes)).rejects.toThrow(GroupError);
      }),
      { numRuns: 80 },
    );
    anna!.group.accept();
    await ben!.group.process(made.commit);
    expect(await secretOf(ben!)).toBe(await secretOf(anna!));
  });

  test("a welcome lets nobody into another group than the one that it was to", async () => {
    const [anna, ben] = await groupOf("anna", "ben");
    const cleo = await candidate("cleo");
    const { made } = await change(anna!, [ben!], [cleo], []);
    const joined = { refused: 0 };
    await fc.assert(
      fc.asyncProperty(damaged(made.welcome!), async (bytes) => {
        try {
          const group = await Group.join(CALL, cleo.joining, bytes);
          expect(await secretOf({ ...cleo, group })).toBe(await secretOf(anna!));
        } catch (error) {
          expect(error).toBeInstanceOf(GroupError);
          joined.refused++;
        }
      }),
      { numRuns: 20 },
    );
    expect(joined.refused).toBeGreaterThan(10);
  });

  test("a key package adds nobody, and keeps nobody else out", async () => {
    const [anna, ben] = await groupOf("anna", "ben");
    const [cleo, dora] = [await candidate("cleo"), await candidate("dora")];
    await fc.assert(
      fc.asyncProperty(damaged(cleo.joining.keyPackage), async (keyPackage) => {
        const made = await anna!.group.commit(
          [
            { member: "cleo", keyPackage },
            { member: "dora", keyPackage: dora.joining.keyPackage },
          ],
          [],
        );
        expect(made.adds).toEqual(["dora"]);
        anna!.group.drop(anna!.group.epoch);
      }),
      { numRuns: 20 },
    );
    await change(anna!, [ben!], [cleo, dora], []);
    expect(ids(ben!)).toEqual(["anna", "ben", "cleo", "dora"]);
  });
});

test("key packages of one device differ each time", async () => {
  const { device } = await candidate("anna");
  const [once, again] = [await Joining.prepare(device, "anna"), await Joining.prepare(device, "anna")];
  expect(toHex(once.keyPackage)).not.toBe(toHex(again.keyPackage));
});
