import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { EarIcon, MicrophoneIcon } from "../parts/icons.tsx";
import type { CallActions, CallView, Member } from "./view.ts";

/** Who is here, and who speaks. */
export function People({ view, actions }: { view: CallView; actions: CallActions }): JSX.Element {
  return (
    <section class="people" aria-labelledby="people">
      <h2 id="people">
        In the call <span class="count">{view.members.length}</span>
      </h2>
      <ul class="people-list">
        {view.members.map((member) => (
          <Person key={member.id} member={member} view={view} actions={actions} />
        ))}
      </ul>
    </section>
  );
}

interface PersonProps {
  member: Member;
  view: CallView;
  actions: CallActions;
}

function Person({ member, view, actions }: PersonProps): JSX.Element {
  const mine = member.id === view.me?.id;
  const speaks = member.stream !== null && !member.muted && view.speaking.has(member.stream);
  return (
    <li class={speaks ? "person speaking" : "person"}>
      <span class="avatar" aria-hidden="true">
        {initials(member.name)}
      </span>
      <span class="person-text">
        <span class="person-name">
          {member.name}
          {mine && <span class="person-note"> (you)</span>}
        </span>
        <span class="person-state">
          {member.host && <span class="chip">Host</span>}
          <State member={member} speaks={speaks} />
          {member.keeping && <span class="chip">Keeps a sealed recording of their words</span>}
        </span>
      </span>
      {view.me?.host === true && !mine && !view.reconnecting && <Remove member={member} actions={actions} />}
    </li>
  );
}

function State({ member, speaks }: { member: Member; speaks: boolean }): JSX.Element {
  const [icon, text] =
    member.stream === null
      ? [<EarIcon key="ear" />, "Listening only"]
      : member.muted
        ? [<MicrophoneIcon key="muted" off />, "Muted"]
        : [<MicrophoneIcon key="open" />, speaks ? "Speaking" : "Silent"];
  return (
    <span class="state">
      {icon} {text}
    </span>
  );
}

/** Asks once more before somebody is removed for good. */
function Remove({ member, actions }: { member: Member; actions: CallActions }): JSX.Element {
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <button
        type="button"
        class="quiet"
        aria-label={`Remove ${member.name}`}
        onClick={() => {
          setAsking(true);
        }}
      >
        Remove
      </button>
    );
  }
  return (
    <span class="confirm" role="group" aria-label={`Remove ${member.name} for good?`}>
      <button
        type="button"
        class="danger"
        autoFocus
        onClick={() => {
          actions.remove(member.id);
        }}
      >
        Remove for good
      </button>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          setAsking(false);
        }}
      >
        Keep
      </button>
    </span>
  );
}

export function initials(name: string): string {
  const parts = name.split(/\s+/u).filter((part) => part !== "");
  const letters = [parts[0], parts.length > 1 ? parts.at(-1) : undefined].map(
    (part) => Array.from(part ?? "")[0] ?? "",
  );
  return letters.join("").toUpperCase();
}
