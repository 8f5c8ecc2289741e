/** Invites more people to a call that there is. */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";

import { Frame } from "../parts/Frame.tsx";
import { Heading } from "../parts/Heading.tsx";
import { Alert } from "../parts/Live.tsx";
import { ApiError, type HostApi, type Invitations } from "./api.ts";
import type { CallSummary } from "./history.ts";
import { parsePeople } from "./people.ts";
import { PeopleField } from "./PeopleField.tsx";

interface Props {
  api: HostApi;
  call: CallSummary;
  onInvited: (invitations: Invitations) => void;
  onBack: () => void;
}

export function InviteForm({ api, call, onInvited, onBack }: Props): JSX.Element {
  const [list, setList] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const { people, problems } = useMemo(() => parsePeople(list), [list]);
  const submit = async (): Promise<void> => {
    if (people.length === 0 || problems.length > 0) {
      setProblem("Invite at least one person, in lines that make sense.");
      return;
    }
    setBusy(true);
    try {
      onInvited(await api.invite(call.id, people));
    } catch (error) {
      setProblem(error instanceof ApiError ? `${error.message} ${error.hint}` : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Frame>
      <p class="eyebrow">More people</p>
      <Heading title="More people">{call.title}</Heading>
      <p class="lead">Whoever was invited already gets a new link, and the old one does not hold any more.</p>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <PeopleField
          list={list}
          people={people}
          problems={problems}
          onChange={(changed) => {
            setList(changed);
            setProblem("");
          }}
        />
        <Alert text={problem} />
        <div class="buttons">
          <button type="submit" class="primary" disabled={busy}>
            {busy ? "Inviting…" : "Invite them"}
          </button>
          <button type="button" class="quiet" onClick={onBack}>
            Back to your calls
          </button>
        </div>
      </form>
    </Frame>
  );
}
