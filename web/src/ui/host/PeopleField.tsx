/** Who is invited: typed, pasted, or loaded from a file. */

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";

import { withPerson, type Invitee, type Problem } from "./people.ts";

interface Props {
  list: string;
  people: Invitee[];
  problems: Problem[];
  onChange: (list: string) => void;
}

export function PeopleField({ list, people, problems, onChange }: Props): JSX.Element {
  return (
    <fieldset class="card">
      <legend>People</legend>
      <AddOne
        onAdd={(person) => {
          onChange(withPerson(list, person));
        }}
      />
      <p class="field">
        <label for="people-list">Or a list: id, name, email, one person a line</label>
        <textarea
          id="people-list"
          rows={6}
          spellcheck={false}
          aria-describedby="people-state"
          value={list}
          onInput={(event) => {
            onChange(event.currentTarget.value);
          }}
        />
      </p>
      <LoadFile onLoad={onChange} />
      <div id="people-state" role="status">
        <p>{people.length === 1 ? "1 person" : `${people.length} people`}</p>
        {problems.length > 0 && (
          <ul class="problems">
            {problems.map(({ line, message }) => (
              <li key={line}>
                Line {line}: {message}
              </li>
            ))}
          </ul>
        )}
      </div>
    </fieldset>
  );
}

/** Reads a CSV file into the list; spreadsheets that do not write UTF-8 write Windows-1252. */
function LoadFile({ onLoad }: { onLoad: (text: string) => void }): JSX.Element {
  const load = async (file: File | undefined): Promise<void> => {
    if (file !== undefined) {
      onLoad(decode(await file.arrayBuffer()));
    }
  };
  return (
    <p class="field">
      <label for="people-file">Or from a CSV file</label>
      <input
        id="people-file"
        type="file"
        accept=".csv,text/csv,text/plain"
        onChange={(event) => void load(event.currentTarget.files?.[0])}
      />
    </p>
  );
}

export function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

function AddOne({ onAdd }: { onAdd: (person: Invitee) => void }): JSX.Element {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const first = useRef<HTMLInputElement>(null);
  const add = (): void => {
    if (name.trim() !== "") {
      onAdd({ id: idFor(name, email), name: name.trim(), email: email.trim() });
      setName("");
      setEmail("");
      first.current?.focus();
    }
  };
  const enter = (event: KeyboardEvent): void => {
    if (event.key === "Enter") {
      event.preventDefault(); // the form is not done yet
      add();
    }
  };
  return (
    <div class="columns columns-add" role="group" aria-label="One person">
      <p class="field">
        <label for="one-name">Name</label>
        <input
          id="one-name"
          ref={first}
          type="text"
          maxLength={200}
          autoComplete="off"
          value={name}
          onInput={(event) => {
            setName(event.currentTarget.value);
          }}
          onKeyDown={enter}
        />
      </p>
      <p class="field">
        <label for="one-email">Email (if you like)</label>
        <input
          id="one-email"
          type="email"
          maxLength={200}
          autoComplete="off"
          value={email}
          onInput={(event) => {
            setEmail(event.currentTarget.value);
          }}
          onKeyDown={enter}
        />
      </p>
      <button type="button" onClick={add}>
        Add
      </button>
    </div>
  );
}

const MOST_ID = 60;

/** An id for somebody of whom only this is known: their email address, else their name without spaces and signs. */
export function idFor(name: string, email: string): string {
  const plain = name
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, MOST_ID);
  return email.trim() || plain || "person";
}
