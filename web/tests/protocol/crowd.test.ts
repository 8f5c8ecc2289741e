import { expect, test } from "vitest";

import delivery from "../../../src/earmark/call/group.py?raw";
import messages from "../../../src/earmark/call/messages.py?raw";
import replies from "../../../src/earmark/call/replies.py?raw";
import wire from "../../../src/earmark/call/wire.py?raw";
import { encodeClientMessage } from "../../src/protocol/messages.ts";
import { Group } from "../../src/protocol/mls.ts";
import { CALL, candidate, type Person } from "./people.ts";

const LONG = 600_000; // on a machine that is busy; some seconds on one that is not

/** What the server allows, by its own source. */
function allowed(source: string, what: RegExp): number {
  const [, factors] = what.exec(source)!;
  return factors!.split("*").reduce((product, factor) => product * Number(factor.replaceAll("_", "")), 1);
}

const MOST_MEMBERS = allowed(replies, /MOST_MEMBERS = ([\d_]+)/);
const MOST_ADDED = allowed(delivery, /MOST_ADDED = ([\d_]+)/);
const MOST_BYTES = allowed(messages, /MOST_BYTES = ([\d_ *]+)/);
const MOST_GROUP_BYTES = allowed(wire, /GroupMessage = .* max_length=([\d_]+)\)/);
const MOST_PACKAGE_BYTES = allowed(wire, /KeyPackage = .* max_length=([\d_]+)\)/);

type Candidate = Omit<Person, "group">;

test(
  "a call of as many as may be in one is made, and goes on, by messages that the server takes",
  { timeout: LONG },
  async () => {
    const name = (number: number): string => `m-${String(number).padStart(32, "0")}`;
    const crowd = await Promise.all(Array.from({ length: MOST_MEMBERS }, (_, number) => candidate(name(number))));
    const [founder, ...others] = crowd as [Candidate, ...Candidate[]];
    const group = await Group.create(CALL, founder.joining);
    const commit = async (adds: readonly Candidate[], removes: readonly string[]) => {
      const packages = adds.map(({ id, joining }) => ({ member: id, keyPackage: joining.keyPackage }));
      const made = await group.commit(packages, removes);
      group.accept();
      expect(made.adds).toHaveLength(adds.length);
      expect(encodeClientMessage({ type: "commit", ...made }).length).toBeLessThanOrEqual(MOST_BYTES);
      for (const bytes of [made.commit, made.welcome]) expect(bytes?.length).toBeLessThanOrEqual(MOST_GROUP_BYTES);
      for (const { keyPackage } of packages) expect(keyPackage.length).toBeLessThanOrEqual(MOST_PACKAGE_BYTES / 2);
      return made;
    };
    for (let at = 0; at < others.length; at += MOST_ADDED) await commit(others.slice(at, at + MOST_ADDED), []);
    expect(group.members).toHaveLength(MOST_MEMBERS);

    const gone = others.slice(0, MOST_ADDED);
    const back = await Promise.all(gone.map(({ id, device }) => candidate(id, device)));
    const { welcome } = await commit(
      back,
      gone.map(({ id }) => id),
    );
    const joined = await Group.join(CALL, back.at(-1)!.joining, welcome!);
    expect(joined.members).toHaveLength(MOST_MEMBERS);
    expect(await joined.frameEpoch()).toEqual(await group.frameEpoch());
  },
);
