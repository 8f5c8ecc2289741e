import type { JSX } from "preact";

import type { CallActions, Waiting } from "./view.ts";

/** For hosts: who waits to be let in. */
export function WaitingRoom({ waiting, actions }: { waiting: Waiting[]; actions: CallActions }): JSX.Element {
  return (
    <section class="card" aria-labelledby="waiting">
      <h2 id="waiting">
        In the lobby <span class="count">{waiting.length}</span>
      </h2>
      {waiting.length === 0 ? (
        <p class="aside">Nobody waits.</p>
      ) : (
        <ul class="plain">{waiting.map((one) => row(one, actions))}</ul>
      )}
    </section>
  );
}

function row({ id, name }: Waiting, actions: CallActions): JSX.Element {
  return (
    <li key={id} class="waiting-row">
      <span class="person-name">{name}</span>
      <span class="row-buttons">
        <button
          type="button"
          class="primary small"
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
