/** What one can do in the call; stays in sight. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { LeaveIcon, LockIcon, MicrophoneIcon, StopIcon } from "../parts/icons.tsx";
import type { CallActions, CallView } from "./view.ts";

interface Props {
  view: CallView;
  actions: CallActions;
  canSpeak: boolean;
}

export function Controls({ view, actions, canSpeak }: Props): JSX.Element {
  useMuteKey(view, actions);
  return (
    <div class="controls" role="toolbar" aria-label="Call">
      {canSpeak && <Voice view={view} actions={actions} />}
      {view.me?.host === true && <HostControls view={view} actions={actions} />}
      <button
        type="button"
        class="leave"
        onClick={() => {
          actions.leave();
        }}
      >
        <LeaveIcon /> Leave
      </button>
    </div>
  );
}

function Voice({ view, actions }: { view: CallView; actions: CallActions }): JSX.Element {
  if (view.voice !== "on") {
    return (
      <button
        type="button"
        class="primary"
        disabled={view.voice === "starting" || view.reconnecting}
        onClick={() => void actions.speak()}
      >
        <MicrophoneIcon off /> {view.voice === "starting" ? "Opening…" : "Open my microphone"}
      </button>
    );
  }
  return (
    <button
      type="button"
      class={view.muted ? "muted" : "primary"}
      aria-pressed={view.muted}
      aria-keyshortcuts="M"
      title="M"
      onClick={() => {
        actions.mute(!view.muted);
      }}
    >
      <MicrophoneIcon off={view.muted} /> {view.muted ? "Unmute" : "Mute"} <kbd aria-hidden="true">M</kbd>
    </button>
  );
}

function HostControls({ view, actions }: { view: CallView; actions: CallActions }): JSX.Element {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-pressed={view.locked}
        disabled={view.reconnecting}
        onClick={() => {
          actions.lock(!view.locked);
        }}
      >
        <LockIcon open={!view.locked} /> {view.locked ? "Unlock" : "Lock"}
      </button>
      {asking ? (
        <button
          type="button"
          class="danger"
          autoFocus
          disabled={view.reconnecting}
          onBlur={() => {
            setAsking(false);
          }}
          onClick={() => {
            actions.end();
          }}
        >
          <StopIcon /> End for everybody
        </button>
      ) : (
        <button
          type="button"
          disabled={view.reconnecting}
          onClick={() => {
            setAsking(true);
          }}
        >
          <StopIcon /> End…
        </button>
      )}
    </>
  );
}

/** M mutes and unmutes, except while something is being typed. */
function useMuteKey(view: CallView, actions: CallActions): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const typing = event.target instanceof Element && event.target.matches("input, textarea, select");
      const plain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.repeat;
      if (event.key.toLowerCase() === "m" && plain && !typing && view.voice === "on") {
        actions.mute(!view.muted);
      }
    };
    addEventListener("keydown", pressed);
    return () => {
      removeEventListener("keydown", pressed);
    };
  }, [view.muted, view.voice, actions]);
}
