/** Lets one try the microphone before joining. It opens on a click and never otherwise. */

import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";

import { MicrophoneIcon } from "../parts/icons.tsx";
import { LevelMeter } from "../parts/LevelMeter.tsx";
import { Alert } from "../parts/Live.tsx";
import type { CallActions } from "./view.ts";

interface Props {
  actions: CallActions;
  open: boolean;
  cleaned: boolean;
  onChange: (open: boolean) => void;
}

export function MicrophoneTest({ actions, open, cleaned, onChange }: Props): JSX.Element {
  const [problem, setProblem] = useState("");
  const start = (): void => {
    setProblem("");
    actions.openMicrophone().then(
      (isOpen) => {
        if (isOpen) {
          onChange(true);
        }
      },
      (error: unknown) => {
        onChange(false);
        setProblem(error instanceof Error ? error.message : String(error));
      },
    );
  };
  const change = (clean: boolean): void => {
    actions.clean(clean);
    if (open) {
      start();
    }
  };
  return (
    <section class="card" aria-labelledby="microphone">
      <h2 id="microphone">Your microphone</h2>
      {open ? (
        <Trying actions={actions} />
      ) : (
        <p>
          <button type="button" onClick={start}>
            <MicrophoneIcon /> Test the microphone
          </button>
        </p>
      )}
      <label class="check">
        <input
          type="checkbox"
          aria-describedby="echo-note"
          checked={cleaned}
          onChange={(event) => {
            change(event.currentTarget.checked);
          }}
        />
        Take away echo and noise, and even out how loud I am
      </label>
      <p id="echo-note" class="aside">
        Turn this off only with headphones: otherwise what others say comes back through your microphone, in your copy,
        and a leak by somebody else could point to you.
      </p>
      {open && (
        <p>
          <button
            type="button"
            class="quiet"
            onClick={() => {
              actions.closeMicrophone();
              onChange(false);
            }}
          >
            Close the microphone
          </button>
        </p>
      )}
      <Alert text={problem} />
    </section>
  );
}

function Trying({ actions }: { actions: CallActions }): JSX.Element {
  const level = useCallback(() => actions.microphoneLevel(), [actions]);
  return (
    <>
      <p>Say something: the bar should move.</p>
      <LevelMeter label="Microphone level" level={level} />
      <label class="check">
        <input
          type="checkbox"
          onChange={(event) => {
            actions.hearMyself(event.currentTarget.checked);
          }}
        />
        Let me hear myself (with headphones, else it whistles)
      </label>
    </>
  );
}
