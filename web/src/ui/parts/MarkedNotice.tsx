import type { JSX } from "preact";

import { Mark } from "./icons.tsx";

/** Stands on every page of a call, all the time: there is no covert mode. */
export function MarkedNotice(): JSX.Element {
  return (
    <aside class="notice" aria-label="Notice">
      <Mark />
      <p>
        <strong>Your copy is individually marked.</strong> What you hear differs, inaudibly, from what anybody else
        hears. If a recording of it gets out, it can be traced to your invitation.
      </p>
    </aside>
  );
}
