/** The call itself. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Classification } from "../parts/Classification.tsx";
import { Frame } from "../parts/Frame.tsx";
import { Heading } from "../parts/Heading.tsx";
import { SignalIcon } from "../parts/icons.tsx";
import { Alert } from "../parts/Live.tsx";
import { MarkedNotice } from "../parts/MarkedNotice.tsx";
import { Announcements } from "./Announcements.tsx";
import { Controls } from "./Controls.tsx";
import { KeepSpeech } from "./KeepSpeech.tsx";
import { People } from "./People.tsx";
import { SafetyWords } from "./SafetyWords.tsx";
import type { CallActions, CallView } from "./view.ts";
import { WaitingRoom } from "./WaitingRoom.tsx";
import { clock, doubtsText, qualityText, strangersText, unkeyedText } from "./words.ts";

interface Props {
  view: CallView;
  actions: CallActions;
  canSpeak: boolean;
}

export function InCall({ view, actions, canSpeak }: Props): JSX.Element {
  const { call, me } = view;
  return (
    <Frame wide>
      <div class="call-head">
        <div>
          <Heading title={call?.title ?? "Call"}>{call?.title ?? ""}</Heading>
          <p class="facts">
            <Classification text={call?.classification ?? ""} />
            <Clock since={view.since} />
            <Connection view={view} />
            {view.locked && <span class="chip">Locked</span>}
          </p>
        </div>
        <MarkedNotice />
      </div>
      <Alert text={view.alert} />
      <Alert text={strangersText(view.strangers)} />
      <Alert text={doubtsText(view.members)} />
      <Alert text={unkeyedText(view.members, view.unkeyed)} />
      {view.silenced && <SoundOff actions={actions} />}
      <div class="call-body">
        <People view={view} actions={actions} />
        <div class="call-side">
          {me?.host === true && <WaitingRoom waiting={view.waiting} gone={view.reconnecting} actions={actions} />}
          <SafetyWords words={view.words} />
          {view.voice === "on" && <KeepSpeech view={view} actions={actions} />}
        </div>
      </div>
      <Controls view={view} actions={actions} canSpeak={canSpeak && call?.listenOnly !== true} />
      <Announcements view={view} />
    </Frame>
  );
}

function Clock({ since }: { since: number | null }): JSX.Element {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 1000);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return (
    <span class="clock" role="timer" aria-live="off" aria-label="Time in the call">
      {clock(now - (since ?? now))}
    </span>
  );
}

function Connection({ view }: { view: CallView }): JSX.Element {
  const bars = { good: 3, fair: 2, poor: 1 } as const;
  const text = view.reconnecting ? "Connecting again…" : qualityText(view.quality);
  return (
    <span class={`quality quality-${view.reconnecting ? "poor" : view.quality}`}>
      <SignalIcon bars={view.reconnecting ? 1 : bars[view.quality]} />
      {text}
    </span>
  );
}

function SoundOff({ actions }: { actions: CallActions }): JSX.Element {
  return (
    <p class="alert">
      The browser holds the sound back until you click.{" "}
      <button
        type="button"
        onClick={() => {
          actions.playSound();
        }}
      >
        Turn the sound on
      </button>
    </p>
  );
}
