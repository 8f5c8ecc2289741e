import type { JSX } from "preact";

import { Classification } from "../parts/Classification.tsx";
import { Frame } from "../parts/Frame.tsx";
import { Heading } from "../parts/Heading.tsx";
import { Alert } from "../parts/Live.tsx";
import { MarkedNotice } from "../parts/MarkedNotice.tsx";
import type { CallActions, CallView } from "./view.ts";

/** Joined, and not let in yet. */
export function Lobby({ view, actions }: { view: CallView; actions: CallActions }): JSX.Element {
  return (
    <Frame>
      <p class="eyebrow">{view.call?.title}</p>
      <Heading title="Waiting">Waiting for the host</Heading>
      <p class="facts">
        <Classification text={view.call?.classification ?? ""} />
        <span>
          You wait as <strong>{view.me?.name}</strong>
        </span>
      </p>
      <section class="card waiting-card">
        <span class="breath" aria-hidden="true" />
        <p>
          The host sees that you are here and will let you in. Nobody can hear you yet, and you hear nobody. This page
          goes on by itself.
        </p>
      </section>
      <MarkedNotice />
      <Alert text={view.alert} />
      <div class="buttons">
        <button
          type="button"
          onClick={() => {
            actions.leave();
          }}
        >
          Leave
        </button>
      </div>
    </Frame>
  );
}
