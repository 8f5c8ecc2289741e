/** Names a call, its classification, its rules and its people. */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";

import { Alert } from "../parts/Live.tsx";
import type { HostApi, Invitations } from "./api.ts";
import { idFor, PeopleField } from "./PeopleField.tsx";
import { type Invitee, parsePeople } from "./people.ts";
import { useSubmit } from "./submitting.ts";

interface Props {
  api: HostApi;
  onCreated: (title: string, call: Invitations) => void;
}

interface Draft {
  title: string;
  classification: string;
  host: string;
  listenOnly: boolean;
  knownDevices: boolean;
  most: number;
  list: string;
}

const EMPTY: Draft = {
  title: "",
  classification: "Confidential",
  host: "",
  listenOnly: false,
  knownDevices: false,
  most: 25,
  list: "",
};
const MOST_MEMBERS = 200;

export function NewCallForm({ api, onCreated }: Props): JSX.Element {
  const [draft, setDraft] = useState(EMPTY);
  const { people, problems } = useMemo(() => parsePeople(draft.list), [draft.list]);
  const { problem, busy, changed, onSubmit } = useSubmit(
    () => whatIsMissing(draft, people.length, problems.length),
    async () => {
      onCreated(draft.title.trim(), await api.create({ ...facts(draft), people }));
    },
  );
  const set = (part: Partial<Draft>): void => {
    setDraft((before) => ({ ...before, ...part }));
    changed();
  };
  return (
    <form noValidate onSubmit={onSubmit}>
      <Naming draft={draft} set={set} />
      <PeopleField
        list={draft.list}
        people={people}
        problems={problems}
        onChange={(list) => {
          set({ list });
        }}
      />
      <RulesFields draft={draft} set={set} />
      <Alert text={problem} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={busy}>
          {busy ? "Creating…" : "Create the call"}
        </button>
      </div>
    </form>
  );
}

function facts({ title, classification, host, knownDevices, listenOnly, most }: Draft) {
  return {
    title: title.trim(),
    classification: classification.trim(),
    ...hostOf(host.trim()),
    rules: {
      encoded_transform: true as const,
      known_devices_only: knownDevices,
      listen_only: listenOnly,
      max_members: most,
    },
  };
}

/** Who invites; without a name the server says “Host”. */
function hostOf(name: string): { host?: Invitee } {
  return name === "" ? {} : { host: { id: idFor(name, ""), name, email: "" } };
}

function whatIsMissing({ title, most }: Draft, people: number, problems: number): string {
  if (title.trim() === "") {
    return "The call needs a name.";
  }
  if (problems > 0) {
    return "Some lines of the list of people make no sense yet; they are listed under it.";
  }
  if (people === 0) {
    return "Invite at least one person.";
  }
  const fits = Number.isInteger(most) && most >= 2 && most <= MOST_MEMBERS;
  return fits ? "" : `A call has room for 2 to ${MOST_MEMBERS} people.`;
}

interface FieldProps {
  draft: Draft;
  set: (part: Partial<Draft>) => void;
}

function Naming({ draft, set }: FieldProps): JSX.Element {
  return (
    <div class="columns">
      <p class="field">
        <label for="title">Name of the call</label>
        <input
          id="title"
          type="text"
          required
          maxLength={200}
          autoComplete="off"
          value={draft.title}
          onInput={(event) => {
            set({ title: event.currentTarget.value });
          }}
        />
      </p>
      <p class="field">
        <label for="classification">Classification</label>
        <input
          id="classification"
          type="text"
          maxLength={100}
          list="classifications"
          autoComplete="off"
          value={draft.classification}
          onInput={(event) => {
            set({ classification: event.currentTarget.value });
          }}
        />
        <datalist id="classifications">
          <option value="Internal" />
          <option value="Confidential" />
          <option value="Strictly confidential" />
        </datalist>
      </p>
      <p class="field">
        <label for="host">Your name</label>
        <input
          id="host"
          type="text"
          maxLength={200}
          autoComplete="name"
          value={draft.host}
          onInput={(event) => {
            set({ host: event.currentTarget.value });
          }}
        />
      </p>
    </div>
  );
}

function RulesFields({ draft, set }: FieldProps): JSX.Element {
  return (
    <fieldset class="card">
      <legend>Rules</legend>
      <label class="check">
        <input
          type="checkbox"
          checked={draft.listenOnly}
          onChange={(event) => {
            set({ listenOnly: event.currentTarget.checked });
          }}
        />
        Only I speak; everybody else listens
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={draft.knownDevices}
          onChange={(event) => {
            set({ knownDevices: event.currentTarget.checked });
          }}
        />
        Only browsers that were in an earlier call of the same person
      </label>
      <p class="field field-short">
        <label for="most">People at most</label>
        <input
          id="most"
          type="number"
          min={2}
          max={MOST_MEMBERS}
          value={draft.most}
          onInput={(event) => {
            set({ most: event.currentTarget.valueAsNumber });
          }}
        />
      </p>
      <p class="aside">
        Always: sealed end to end, every copy marked, everybody told so. There is no telephone dial-in and no recording
        by the server.
      </p>
    </fieldset>
  );
}
