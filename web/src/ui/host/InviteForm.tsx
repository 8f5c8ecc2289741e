/** Invites more people to a call that there is. */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";

import { Frame } from "../parts/Frame.tsx";
import { Heading } from "../parts/Heading.tsx";
import { Alert } from "../parts/Live.tsx";
import type { HostApi, Invitations } from "./api.ts";
import type { CallSummary } from "./history.ts";
import { parsePeople } from "./people.ts";
import { PeopleField } from "./PeopleField.tsx";
import { useSubmit } from "./submitting.ts";

interface Props {
  api: HostApi;
  call: CallSummary;
  onInvited: (invitations: Invitations) => void;
  onBack: () => void;
}

export function InviteForm({ api, call, onInvited, onBack }: Props): JSX.Element {
  const [list, setList] = useState("");
  const { people, problems } = useMemo(() => parsePeople(list), [list]);
  const { problem, busy, changed, onSubmit } = useSubmit(
    () => (people.length > 0 && problems.length === 0 ? "" : "Invite at least one person, in lines that make sense."),
    async () => {
      onInvited(await api.invite(call.id, people));
    },
  );
  return (
    <Frame>
      <p class="eyebrow">More people</p>
      <Heading title="More people">{call.title}</Heading>
      <p class="lead">Whoever was invited already gets a new link, and the old one does not hold any more.</p>
      <form noValidate onSubmit={onSubmit}>
        <PeopleField
          list={list}
          people={people}
          problems={problems}
          onChange={(entered) => {
            setList(entered);
            changed();
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
