/** The calls there were, and who heard which minutes of each. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Classification } from "../parts/Classification.tsx";
import type { HostApi } from "./api.ts";
import { minutesHeard, readAttendance, type Attendance, type CallSummary } from "./history.ts";

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

interface Props {
  api: HostApi;
  calls: CallSummary[] | null;
  /** Invites more people to a call; null for who may only look. */
  onInvite: ((call: CallSummary) => void) | null;
}

export function Calls({ api, calls, onInvite }: Props): JSX.Element | null {
  return calls === null || calls.length === 0 ? null : (
    <section aria-labelledby="calls">
      <h2 id="calls">Your calls</h2>
      <ul class="calls">
        {calls.map((call) => (
          <Call key={call.id} api={api} call={call} onInvite={onInvite} />
        ))}
      </ul>
    </section>
  );
}

function Call({ api, call, onInvite }: Omit<Props, "calls"> & { call: CallSummary }): JSX.Element {
  const [people, setPeople] = useState<Attendance[] | null>(null);
  const [problem, setProblem] = useState("");
  const load = (): void => {
    api.call(call.id).then(
      (answer) => {
        setPeople(readAttendance(answer));
      },
      (error: unknown) => {
        setProblem(error instanceof Error ? error.message : String(error));
      },
    );
  };
  return (
    <li class="card">
      <details
        onToggle={(event) => {
          if (event.currentTarget.open) load();
        }}
      >
        <summary>
          <span class="call-title">{call.title}</span> <Classification text={call.classification} />
          <span class="call-when">{when(call)}</span>
        </summary>
        {problem !== "" && <p class="alert">{problem}</p>}
        {people !== null && <Heard people={people} start={call.startedAt} />}
        {onInvite !== null && call.endedAt === null && (
          <div class="buttons">
            <button
              type="button"
              onClick={() => {
                onInvite(call);
              }}
            >
              Invite more people
            </button>
          </div>
        )}
      </details>
    </li>
  );
}

function when({ createdAt, startedAt, endedAt }: CallSummary): string {
  if (startedAt === null) {
    return `made ${WHEN.format(createdAt)}, nobody has been in it yet`;
  }
  return `${WHEN.format(startedAt)}, ${endedAt === null ? "not ended" : `ended ${WHEN.format(endedAt)}`}`;
}

function Heard({ people, start }: { people: Attendance[]; start: Date | null }): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Who heard which minutes">
      <table>
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Heard minutes</th>
            <th scope="col">Spoke</th>
          </tr>
        </thead>
        <tbody>
          {people.map(({ id, name, host, stays, spoke }) => (
            <tr key={id}>
              <th scope="row">
                {name}
                {host && " (host)"}
              </th>
              <td>{stays.length === 0 ? "none" : minutesHeard(stays, start)}</td>
              <td>{spoke ? "yes" : "no"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
