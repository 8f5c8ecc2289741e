import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { parsePeople, toCsv, withPerson } from "../../src/ui/host/people.ts";
import { idFor } from "../../src/ui/host/PeopleField.tsx";

const PERSON = { id: "anna", name: "Weiß, Anna", email: "anna@example.org" };

describe("a list of people", () => {
  test.each([
    ["commas and a header", 'id,name,email\nanna,"Weiß, Anna",anna@example.org\n'],
    ["semicolons, another order, a mark in front", "\uFEFFemail;ID;Name\r\nanna@example.org;anna;Weiß, Anna\r\n"],
    ["tabs and no header", "anna\tWeiß, Anna\tanna@example.org"],
  ])("is read with %s", (_what, text) => {
    expect(parsePeople(text)).toEqual({ people: [PERSON], problems: [] });
  });

  test("says which lines make no sense, and reads the others", () => {
    const { people, problems } = parsePeople("id,name\nanna,Anna\nben\nAnna,Again\nno spaces,X\nc,C\n");
    expect(people.map(({ id }) => id)).toEqual(["anna", "ben", "c"]);
    expect(problems.map(({ line }) => line)).toEqual([4, 5]);
  });

  test.each(["", "id,name,email\n", "email;id;name", "name\tid\n", "ben,Ben", "x;X;\n"])(
    "takes one more in its own way: %j",
    (list) => {
      const { people, problems } = parsePeople(withPerson(list, PERSON));
      expect(problems).toEqual([]);
      expect(people.at(-1)).toMatchObject({ id: "anna", name: "Weiß, Anna" });
    },
  );
});

test("what is written as CSV is read again, and no spreadsheet takes it for a formula", () => {
  const word = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => `x${text.trim()}`);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (names) => {
      const rows = names.map((name, number) => [`id${number}`, name, ""]);
      const { people, problems } = parsePeople(toCsv([["id", "name", "email"], ...rows]));
      expect(problems).toEqual([]);
      expect(people.map(({ name }) => name)).toEqual(names.map((name) => name.normalize("NFC")));
    }),
  );
  expect(toCsv([["=1+1"]])).toBe("'=1+1\r\n");
});

test("ids made of names are ids", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (name) => {
      const id = idFor(name, "");
      expect(parsePeople(`id\n${id}`).problems).toEqual([]);
    }),
  );
});
