/** Tells a screen reader who came and went, and what changed. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { Status } from "../parts/Live.tsx";
import type { CallView, Member } from "./view.ts";

export function Announcements({ view }: { view: CallView }): JSX.Element {
  const before = useRef(view);
  const [text, setText] = useState("");
  useEffect(() => {
    const news = changes(before.current, view);
    before.current = view;
    if (news.length > 0) {
      setText(news.join(" "));
    }
  }, [view]);
  return <Status text={text} />;
}

/** Says in sentences what is different between two moments of a call. */
export function changes(before: CallView, now: CallView): string[] {
  return [
    ...arrivals(before.members, now.members, "is here now."),
    ...arrivals(now.members, before.members, "has gone."),
    ...arrivals(before.waiting, now.waiting, "waits to be let in."),
    ...said(before.locked !== now.locked, now.locked ? "The call is locked." : "The call is open again."),
    ...keepers(before.members, now.members),
    ...said(before.muted !== now.muted, now.muted ? "You are muted." : "You can be heard."),
    ...said(before.quality !== now.quality && now.quality === "poor", "The connection is poor."),
    ...said(before.reconnecting !== now.reconnecting, now.reconnecting ? "Connecting again." : "Connected again."),
  ];
}

function arrivals(before: { id: string }[], now: { id: string; name: string }[], verb: string): string[] {
  return now.filter(({ id }) => !before.some((one) => one.id === id)).map(({ name }) => `${name} ${verb}`);
}

/** Says who begins, and who ceases, to keep what they say. */
function keepers(before: Member[], now: Member[]): string[] {
  return now.flatMap(({ id, name, keeping }) => {
    const kept = before.find((one) => one.id === id)?.keeping ?? false;
    if (kept === keeping) {
      return [];
    }
    return [keeping ? `${name} keeps a sealed recording of their words.` : `${name} keeps no recording any more.`];
  });
}

function said(so: boolean, sentence: string): string[] {
  return so ? [sentence] : [];
}
