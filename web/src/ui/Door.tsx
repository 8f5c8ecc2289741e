/** Somebody came without a link: they may log in, or be logged in already. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { HostPage } from "./host/HostPage.tsx";
import { NoLink } from "./NoLink.tsx";
import { NOBODY, whoIsThere, type Whoever } from "./session.ts";

export function Door({ problem }: { problem: string }): JSX.Element {
  const [who, setWho] = useState<Whoever>(NOBODY);
  useEffect(() => {
    void whoIsThere().then(setWho);
  }, []);
  return who.role === null ? <NoLink login={who.login} problem={problem} /> : <HostPage token={null} who={who} />;
}
