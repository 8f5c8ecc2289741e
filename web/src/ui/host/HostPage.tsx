/** The host's page: a new call, and the calls there were. */

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";

import { Frame } from "../parts/Frame.tsx";
import { Heading } from "../parts/Heading.tsx";
import { Alert } from "../parts/Live.tsx";
import { HostApi, type Invitations } from "./api.ts";
import { Calls } from "./Calls.tsx";
import { Created } from "./Created.tsx";
import { readCalls, type CallSummary } from "./history.ts";
import { InviteForm } from "./InviteForm.tsx";
import { NewCallForm } from "./NewCallForm.tsx";
import { logOut, type Whoever } from "../session.ts";

interface Props {
  /** The host's; null where somebody is logged in. */
  token: string | null;
  who: Whoever | null;
}

export function HostPage({ token, who }: Props): JSX.Element {
  const api = useMemo(() => new HostApi(token), [token]);
  const [created, setCreated] = useState<{ title: string; call: Invitations } | null>(null);
  const { calls, problem } = useCalls(api, created);
  const [inviting, setInviting] = useState<CallSummary | null>(null);
  const looking = who?.role === "officer";
  if (created !== null) {
    return (
      <Created
        title={created.title}
        call={created.call}
        onBack={() => {
          setCreated(null);
        }}
      />
    );
  }
  if (inviting !== null) {
    return (
      <InviteForm
        api={api}
        call={inviting}
        onInvited={(call) => {
          setInviting(null);
          setCreated({ title: inviting.title, call });
        }}
        onBack={() => {
          setInviting(null);
        }}
      />
    );
  }
  return (
    <Frame>
      <p class="eyebrow">{looking ? "Officer" : "Host"}</p>
      <Heading title={looking ? "Calls" : "Your calls"}>
        {looking ? "Who heard what" : "A new confidential call"}
      </Heading>
      {who !== null && <LoggedIn who={who} />}
      <Alert text={problem} />
      {!looking && (
        <NewCallForm
          api={api}
          onCreated={(title, call) => {
            setCreated({ title, call });
          }}
        />
      )}
      <Calls api={api} calls={calls} onInvite={looking ? null : setInviting} />
    </Frame>
  );
}

function LoggedIn({ who }: { who: Whoever }): JSX.Element {
  const leave = (): void => {
    void logOut().finally(() => {
      location.reload();
    });
  };
  return (
    <p class="buttons">
      <span>Logged in as {who.name}.</span>
      <button type="button" onClick={leave}>
        Log out
      </button>
    </p>
  );
}

function useCalls(api: HostApi, created: unknown): { calls: CallSummary[] | null; problem: string } {
  const [calls, setCalls] = useState<CallSummary[] | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    api.calls().then(
      (answer) => {
        setCalls(readCalls(answer));
      },
      (error: unknown) => {
        setProblem(error instanceof Error ? error.message : String(error));
      },
    );
  }, [api, created]);
  return { calls, problem };
}
