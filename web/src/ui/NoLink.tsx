import type { JSX } from "preact";

import { Frame } from "./parts/Frame.tsx";
import { Heading } from "./parts/Heading.tsx";

/** Somebody came without a link. */
export function NoLink(): JSX.Element {
  return (
    <Frame>
      <Heading title="Confidential call">A link is missing</Heading>
      <p class="lead">You get into a confidential call by the invitation link that its host has sent you.</p>
      <section class="card">
        <h2>What you can do</h2>
        <p>Open that link again, all of it. If you host calls, open the link that “earmark serve” has printed.</p>
      </section>
    </Frame>
  );
}
