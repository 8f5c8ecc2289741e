/** The page begins here: whoever has a host's link or an invitation is shown what that opens. */

import "./style/index.css";

import { render, type JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { CallPage } from "./call/CallPage.tsx";
import { HostPage } from "./host/HostPage.tsx";
import { Door } from "./Door.tsx";
import { hostSecret, keepSecret, takeSecret, type Secret } from "./secrets.ts";
import { fromLogin } from "./session.ts";

/** Whoever has just logged in is shown what that opens, whatever this tab had open before. */
const loggedIn = fromLogin(location.hash);

function firstSecret(): Secret | null {
  const secret = takeSecret();
  return loggedIn === null ? secret : null;
}

function Page(): JSX.Element {
  const [secret, setSecret] = useState(firstSecret);
  useEffect(() => {
    const changed = (): void => {
      if (location.hash !== "") {
        setSecret(takeSecret());
      }
    };
    addEventListener("hashchange", changed);
    return () => {
      removeEventListener("hashchange", changed);
    };
  }, []);
  return <Opened secret={secret} open={setSecret} />;
}

function Opened({ secret, open }: { secret: Secret | null; open: (secret: Secret) => void }): JSX.Element {
  if (secret === null) {
    return <Door problem={loggedIn ?? ""} />;
  }
  if (secret.role === "host") {
    return <HostPage key={secret.token} token={secret.token} who={null} />;
  }
  const host = hostSecret();
  const toHost = (): void => {
    if (host !== null) {
      keepSecret(host);
      open(host);
    }
  };
  return <CallPage key={secret.token} token={secret.token} toHost={host === null ? null : toHost} />;
}

render(<Page />, document.getElementById("page")!);
