import type { JSX } from "preact";

import type { CallActions, CallView } from "./view.ts";

/** Lets a speaker seal what they say for the vault: off until they want it, and shown to everybody. */
export function KeepSpeech({ view, actions }: { view: CallView; actions: CallActions }): JSX.Element {
  return (
    <section class="card" aria-labelledby="keep">
      <h2 id="keep">Your words</h2>
      <label class="check">
        <input
          type="checkbox"
          aria-describedby="keep-note"
          checked={view.keeping !== "off"}
          disabled={view.reconnecting}
          onChange={({ currentTarget }) => {
            actions.keep(currentTarget.checked);
          }}
        />
        Keep a sealed recording of what I say
      </label>
      <p id="keep-note" class="aside">
        {view.keeping === "on" ? "It is being kept. " : ""}Only you, not the others. It goes to the host’s vault,
        encrypted before it leaves this browser; who opens the vault can prove with it what you said, and what was
        altered in a leak. Everybody here sees that you keep it.
      </p>
    </section>
  );
}
