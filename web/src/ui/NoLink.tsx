import type { JSX } from "preact";

import { Frame } from "./parts/Frame.tsx";
import { Heading } from "./parts/Heading.tsx";
import { Alert } from "./parts/Live.tsx";
import { LOGIN } from "./session.ts";

/** Somebody came without a link; `login` tells whether hosts can log in. */
export function NoLink({ login, problem }: { login: boolean; problem: string }): JSX.Element {
  return (
    <Frame>
      <Heading title="Confidential call">A link is missing</Heading>
      <Alert text={problem} />
      <p class="lead">You get into a confidential call by the invitation link that its host has sent you.</p>
      <section class="card">
        <h2>What you can do</h2>
        {login ? (
          <>
            <p>Open that link again, all of it. If you host calls, or look into them, log in.</p>
            <p class="buttons">
              <a class="button" href={LOGIN}>
                Log in
              </a>
            </p>
          </>
        ) : (
          <p>Open that link again, all of it. If you host calls, open the link that “earmark serve” has printed.</p>
        )}
      </section>
    </Frame>
  );
}
