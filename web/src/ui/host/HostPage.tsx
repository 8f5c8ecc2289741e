/** The host's page: a new call, and the calls there were. */

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";

import { Frame } from "../parts/Frame.tsx";
import { Heading } from "../parts/Heading.tsx";
import { Alert } from "../parts/Live.tsx";
import { HostApi, type CallCreated } from "./api.ts";
import { Calls } from "./Calls.tsx";
import { Created } from "./Created.tsx";
import { readCalls, type CallSummary } from "./history.ts";
import { NewCallForm } from "./NewCallForm.tsx";

export function HostPage({ token }: { token: string }): JSX.Element {
  const api = useMemo(() => new HostApi(token), [token]);
  const [created, setCreated] = useState<{ title: string; call: CallCreated } | null>(null);
  const { calls, problem } = useCalls(api, created);
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
  return (
    <Frame>
      <p class="eyebrow">Host</p>
      <Heading title="Your calls">A new confidential call</Heading>
      <Alert text={problem} />
      <NewCallForm
        api={api}
        onCreated={(title, call) => {
          setCreated({ title, call });
        }}
      />
      <Calls api={api} calls={calls} />
    </Frame>
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
