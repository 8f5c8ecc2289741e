/** Not in the call: refused, or over. What happened, how long it was, what to do. */

import type { JSX } from "preact";

import { Frame } from "../parts/Frame.tsx";
import { Heading } from "../parts/Heading.tsx";
import type { CallView, Parting } from "./view.ts";
import { duration, ending, refusal, type Explanation } from "./words.ts";

interface Props {
  view: CallView;
  toHost: (() => void) | null;
}

export function Refused({ parting, toHost }: { parting: Parting; toHost: (() => void) | null }): JSX.Element {
  return <Parted eyebrow="You are not in the call" explanation={refusal(parting)} lasted="" toHost={toHost} />;
}

export function Ended({ view, parting, toHost }: Props & { parting: Parting }): JSX.Element {
  const lasted = view.lasted === null ? "" : `You were in it for ${duration(view.lasted)}.`;
  return (
    <Parted eyebrow={view.call?.title ?? ""} explanation={ending(parting)} lasted={lasted} toHost={toHost} reminder />
  );
}

interface PartedProps {
  eyebrow: string;
  explanation: Explanation;
  lasted: string;
  toHost: (() => void) | null;
  reminder?: boolean;
}

function Parted({ eyebrow, explanation, lasted, toHost, reminder = false }: PartedProps): JSX.Element {
  const { title, text, todo } = explanation;
  return (
    <Frame>
      <p class="eyebrow">{eyebrow}</p>
      <Heading title={title}>{title}</Heading>
      {text !== "" && <p class="lead">{text}</p>}
      {lasted !== "" && <p>{lasted}</p>}
      {todo !== "" && (
        <section class="card" aria-labelledby="todo">
          <h2 id="todo">What you can do</h2>
          <p>{todo}</p>
        </section>
      )}
      {reminder && <p class="aside">What you heard stays confidential, and it was your own marked copy.</p>}
      <div class="buttons">
        {explanation.todo !== "" && (
          <button
            type="button"
            onClick={() => {
              location.reload();
            }}
          >
            Try again
          </button>
        )}
        {toHost !== null && (
          <button type="button" onClick={toHost}>
            Back to your calls
          </button>
        )}
      </div>
    </Frame>
  );
}
