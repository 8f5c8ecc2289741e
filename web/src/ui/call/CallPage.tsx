/** What an invitation opens: from the notice through the lobby and the call to its end. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { support } from "../../media/support.ts";
import { Frame } from "../parts/Frame.tsx";
import { Heading } from "../parts/Heading.tsx";
import { Alert } from "../parts/Live.tsx";
import { useStore } from "../store.ts";
import { Controller } from "./controller.ts";
import { InCall } from "./InCall.tsx";
import { Invitation } from "./Invitation.tsx";
import { Lobby } from "./Lobby.tsx";
import { Ended, Refused } from "./Parted.tsx";

interface Props {
  token: string;
  /** Goes back to the host's own page; null for guests. */
  toHost: (() => void) | null;
}

export function CallPage({ token, toHost }: Props): JSX.Element {
  const [controller] = useState(() => new Controller(document.getElementById("sound")!));
  const [canSpeak, setCanSpeak] = useState(false);
  useEffect(() => {
    void begin(controller, token, setCanSpeak);
    const left = (): void => {
      controller.close();
    };
    addEventListener("pagehide", left);
    addEventListener("pageshow", again);
    return () => {
      removeEventListener("pagehide", left);
      removeEventListener("pageshow", again);
      left();
    };
  }, [controller, token]);
  return <Shown controller={controller} canSpeak={canSpeak} toHost={toHost} />;
}

/** A page that the browser had put aside is closed for good: it is loaded anew. */
function again({ persisted }: PageTransitionEvent): void {
  if (persisted) {
    location.reload();
  }
}

async function begin(controller: Controller, token: string, setCanSpeak: (can: boolean) => void): Promise<void> {
  const found = await support();
  setCanSpeak(found.speaking);
  await controller.start(token, found);
}

interface ShownProps {
  controller: Controller;
  canSpeak: boolean;
  toHost: Props["toHost"];
}

function Shown({ controller, canSpeak, toHost }: ShownProps): JSX.Element {
  const view = useStore(controller.store);
  switch (view.phase.at) {
    case "connecting":
      return <Connecting alert={view.alert} />;
    case "invited":
    case "joining":
      return <Invitation view={view} actions={controller} canSpeak={canSpeak} />;
    case "lobby":
      return <Lobby view={view} actions={controller} />;
    case "call":
      return <InCall view={view} actions={controller} canSpeak={canSpeak} />;
    case "refused":
      return <Refused parting={view.phase.parting} toHost={toHost} />;
    case "ended":
      return <Ended view={view} parting={view.phase.parting} toHost={toHost} />;
  }
}

function Connecting({ alert }: { alert: string }): JSX.Element {
  return (
    <Frame>
      <p class="eyebrow">Invitation</p>
      <Heading title="Connecting">Connecting…</Heading>
      <Alert text={alert} />
    </Frame>
  );
}
