import type { JSX } from "preact";

import type { CallActions, Waiting } from "./view.ts";

interface Props {
  waiting: Waiting[];
  /** Whether the server is gone: who waits is who did when it went, and cannot be let in. */
  gone: boolean;
  actions: CallActions;
}

/** For hosts: who waits to be let in. */
export function WaitingRoom({ waiting, gone, actions }: Props): JSX.Element {
  return (
    <section class="card" aria-labelledby="waiting">
      <h2 id="waiting">
        In the lobby <span class="count">{waiting.length}</span>
      </h2>
      {gone && <p class="aside">You can let people in again once the connection is back.</p>}
      {waiting.length === 0 ? (
        <p class="aside">Nobody waits.</p>
      ) : (
        <ul class="plain">{waiting.map((one) => row(one, gone, actions))}</ul>
      )}
    </section>
  );
}

function row({ id, name }: Waiting, gone: boolean, actions: CallActions): JSX.Element {
  return (
    <li key={id} class="waiting-row">
      <span class="person-name">{name}</span>
      <span class="row-buttons">
        <button
          type="button"
          class="primary small"
          disabled={gone}
          aria-label={`Admit ${name}`}
          onClick={() => {
            actions.admit(id);
          }}
        >
          Admit
        </button>
        <button
          type="button"
          class="quiet"
          disabled={gone}
          aria-label={`Turn away ${name}`}
          onClick={() => {
            actions.refuse(id);
          }}
        >
          Turn away
        </button>
      </span>
    </li>
  );
}
