/** The page that an invitation opens: what it is, who one is, the microphone, the notice, Join. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Classification } from "../parts/Classification.tsx";
import { Frame } from "../parts/Frame.tsx";
import { Heading } from "../parts/Heading.tsx";
import { Mark } from "../parts/icons.tsx";
import { Alert } from "../parts/Live.tsx";
import { MicrophoneTest } from "./MicrophoneTest.tsx";
import type { CallActions, CallView } from "./view.ts";

interface Props {
  view: CallView;
  actions: CallActions;
  canSpeak: boolean;
}

export function Invitation({ view, actions, canSpeak }: Props): JSX.Element {
  const { call, me } = view;
  const [microphone, setMicrophone] = useState(false);
  const joining = view.phase.at === "joining";
  const speaking = canSpeak && call?.listenOnly !== true;
  return (
    <Frame>
      <p class="eyebrow">{me?.host === true ? "You host this call" : invitedBy(call?.hosts ?? [])}</p>
      <Heading title={call?.title ?? "Invitation"}>{call?.title ?? ""}</Heading>
      <p class="facts">
        <Classification text={call?.classification ?? ""} />
        <span>
          You join as <strong>{me?.name}</strong>
        </span>
      </p>
      {speaking ? (
        <MicrophoneTest actions={actions} open={microphone} cleaned={view.cleaned} onChange={setMicrophone} />
      ) : (
        <ListenOnly canSpeak={canSpeak} />
      )}
      <Agreement notice={view.notice} />
      <Alert text={view.alert} />
      <JoinButtons actions={actions} joining={joining} speaking={speaking} microphone={microphone} />
    </Frame>
  );
}

function invitedBy(hosts: string[]): string {
  return hosts.length === 0 ? "You are invited" : `${hosts.join(" and ")} invites you`;
}

function ListenOnly({ canSpeak }: { canSpeak: boolean }): JSX.Element {
  return (
    <section class="card">
      <h2>You listen only</h2>
      <p>
        {canSpeak
          ? "The rules of this call let only its host speak."
          : "This browser cannot mark a voice, so you can hear the call but not speak in it. A current Chrome, Edge or Firefox can do both."}
      </p>
    </section>
  );
}

function Agreement({ notice }: { notice: string }): JSX.Element {
  return (
    <section class="card card-mark" aria-labelledby="agreement">
      <h2 id="agreement">
        <Mark /> Your copy is individually marked
      </h2>
      <p class="notice-text">{notice}</p>
      <p>
        By pressing a <em>Join</em> button you sign, with this browser’s own key, that you know this and agree.
      </p>
    </section>
  );
}

interface JoinProps {
  actions: CallActions;
  joining: boolean;
  speaking: boolean;
  microphone: boolean;
}

function JoinButtons({ actions, joining, speaking, microphone }: JoinProps): JSX.Element {
  const join = (withMicrophone: boolean) => () => void actions.join(withMicrophone);
  return (
    <div class="buttons">
      {speaking && (
        <button type="button" class="primary" disabled={joining} onClick={join(true)}>
          {joining ? "Joining…" : "Join"}
          <span class="detail">{microphone ? "with this microphone" : "opens the microphone"}</span>
        </button>
      )}
      <button type="button" class={speaking ? "" : "primary"} disabled={joining} onClick={join(false)}>
        Join and listen only
        <span class="detail">the microphone stays closed</span>
      </button>
    </div>
  );
}
