/** Reads a list of people from CSV, as spreadsheets write it. */

export interface Invitee {
  id: string;
  name: string;
  email: string;
}

export interface Problem {
  line: number;
  message: string;
}

export interface PeopleList {
  people: Invitee[];
  problems: Problem[];
}

interface Row {
  line: number;
  cells: string[];
}

const COLUMNS = ["id", "name", "email"] as const;
const ID = /^[\p{L}\p{N}_][\p{L}\p{N}_.@+=-]{0,99}$/u;

/**
 * Reads CSV with or without a header; columns are id, name and email, separated by commas, semicolons or tabs.
 *
 * Without a header they come in that order. Name and email may be left out. A line that makes no sense is a problem with
 * its number, and the others are read all the same.
 */
export function parsePeople(text: string): PeopleList {
  const rows = parseRows(text.replace(/^\uFEFF/, ""));
  const [first, ...rest] = rows;
  if (first === undefined) {
    return { people: [], problems: [] };
  }
  const names = first.cells.map((cell) => cell.toLowerCase());
  return names.includes("id") ? readAll(rest, names) : readAll(rows, [...COLUMNS]);
}

/** Returns a list with one more person at its end, written in the list's own columns and with its own separator. */
export function withPerson(list: string, person: Invitee): string {
  const names = (parseRows(list.replace(/^\uFEFF/, ""))[0]?.cells ?? []).map((cell) => cell.toLowerCase());
  const columns = names.includes("id") ? names : [...COLUMNS];
  const cells = columns.map((name) => (isColumn(name) ? person[name] : ""));
  const line = toCsv([cells], separatorOf(list)).replace(/\r\n$/, "\n");
  return list === "" || list.endsWith("\n") ? list + line : `${list}\n${line}`;
}

function isColumn(name: string): name is (typeof COLUMNS)[number] {
  return (COLUMNS as readonly string[]).includes(name);
}

function readAll(rows: Row[], columns: string[]): PeopleList {
  const people: Invitee[] = [];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const { line, cells } of rows) {
    const person = readPerson(cells, columns);
    const message = problemOf(person, seen);
    if (message === null) {
      seen.add(person.id.toLowerCase());
      people.push(person);
    } else {
      problems.push({ line, message });
    }
  }
  return { people, problems };
}

function readPerson(cells: string[], columns: string[]): Invitee {
  const cell = (name: string): string => (cells[columns.indexOf(name)] ?? "").normalize("NFC");
  return { id: cell("id"), name: cell("name") || cell("id"), email: cell("email") };
}

function problemOf({ id, email }: Invitee, seen: ReadonlySet<string>): string | null {
  if (id === "") {
    return "the id is missing";
  }
  if (!ID.test(id) || id.endsWith(".")) {
    return `“${id}” cannot be an id: letters, digits and _ . @ + = - only, without spaces`;
  }
  if (seen.has(id.toLowerCase())) {
    return `“${id}” is there twice`;
  }
  return email === "" || email.includes("@") ? null : `“${email}” is not an email address`;
}

/** Cuts text into rows of trimmed cells (RFC 4180: quotes may hold separators and line breaks); empty rows are left out. */
function parseRows(text: string): Row[] {
  const separator = separatorOf(text);
  const rows: Row[] = [];
  let row: Row = { line: 1, cells: [] };
  let [cell, quoted, line] = ["", false, 1];
  const endCell = (): void => {
    row.cells.push(cell.trim());
    cell = "";
  };
  const endRow = (): void => {
    endCell();
    if (row.cells.some((text) => text !== "")) {
      rows.push(row);
    }
    row = { line: line + 1, cells: [] };
  };
  const source = text.replace(/\r\n?/g, "\n");
  for (let i = 0; i < source.length; i += 1) {
    const character = source[i]!;
    if (character === '"' && quoted && source[i + 1] === '"') {
      cell += '"';
      i += 1;
    } else if (character === '"' && (quoted || cell.trim() === "")) {
      quoted = !quoted;
    } else if (quoted || (character !== separator && character !== "\n")) {
      cell += character;
    } else if (character === separator) {
      endCell();
    } else {
      endRow();
    }
    line += character === "\n" ? 1 : 0;
  }
  endRow();
  return rows;
}

function separatorOf(text: string): string {
  const first = text.slice(0, (text + "\n").indexOf("\n"));
  return [";", "\t"].find((separator) => first.includes(separator)) ?? ",";
}

/** Writes rows as CSV. Cells that a spreadsheet would take for a formula are given a leading apostrophe. */
export function toCsv(rows: string[][], separator = ","): string {
  return rows.map((row) => row.map(quote).join(separator) + "\r\n").join("");
}

function quote(cell: string): string {
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
