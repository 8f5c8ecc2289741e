/** What is said to people in a call, in plain English. */

import type { Quality } from "../../media/health.ts";
import type { Doubt } from "../../protocol/index.ts";
import type { Member, Parting } from "./view.ts";

export interface Explanation {
  title: string;
  text: string;
  todo: string;
}

const REFUSED: Record<string, Explanation> = {
  invitation: {
    title: "This invitation is not valid",
    text: "The link is wrong, incomplete, or no longer counts.",
    todo: "Copy the whole link from your invitation, or ask the host for a new one.",
  },
  device: {
    title: "This device is not known",
    text: "An invitation belongs to the browser that opened it first, and this is another one.",
    todo: "Open the link in the browser that you used before, or ask the host for a new invitation for this one.",
  },
  browser: {
    title: "This browser is too old",
    text: "It cannot open sealed sound itself (“encoded transforms”), and there is no unsealed way in.",
    todo: "Use a current Chrome, Edge or Firefox, then open the link again.",
  },
  locked: {
    title: "The call is locked",
    text: "The host lets nobody else in.",
    todo: "Ask the host by another way to unlock it, then try again.",
  },
  full: {
    title: "The call is full",
    text: "As many people are in it as its rules allow.",
    todo: "Try again when somebody has left, or ask the host.",
  },
  ended: {
    title: "The call is over",
    text: "It has ended and cannot be entered any more.",
    todo: "If you expected another call, ask the host for its invitation.",
  },
  host: {
    title: "The host did not let you in",
    text: "You were in the lobby and were turned away.",
    todo: "If that was a mistake, speak to the host and open the link again.",
  },
  protocol: {
    title: "Page and server do not fit together",
    text: "They are of different versions.",
    todo: "Reload the page.",
  },
};

const ENDED: Record<string, Explanation> = {
  left: {
    title: "You have left the call",
    text: "",
    todo: "You can come back with the same link while the call lasts.",
  },
  ended: { title: "The call has ended", text: "The host has closed it for everybody.", todo: "" },
  removed: {
    title: "You were removed from the call",
    text: "The host has removed you. From that moment on you could hear nothing more.",
    todo: "If you think that was a mistake, speak to the host. Your invitation no longer lets you in.",
  },
  replaced: {
    title: "The call goes on in another window",
    text: "You have joined from another tab or window of this browser.",
    todo: "Close this one.",
  },
  stopped: {
    title: "The server has stopped",
    text: "The call was interrupted for everybody.",
    todo: "Open the link again in a while.",
  },
  keys: {
    title: "The keys do not fit",
    text: "The members’ browsers could not agree on keys, several times in a row.",
    todo: "Open the link again. If that does not help, tell the host by another way: somebody may be interfering.",
  },
  garbled: {
    title: "Page and server do not fit together",
    text: "The server has sent something that makes no sense.",
    todo: "Reload the page.",
  },
};

const UNKNOWN: Explanation = {
  title: "You are not in the call",
  text: "",
  todo: "Open the link again, or ask the host.",
};

export function refusal({ reason, hint }: Parting): Explanation {
  return withHint(REFUSED[reason] ?? UNKNOWN, hint);
}

export function ending({ reason, hint }: Parting): Explanation {
  return withHint(ENDED[reason] ?? UNKNOWN, hint);
}

function withHint(explanation: Explanation, hint: string): Explanation {
  return { ...explanation, todo: explanation.todo || hint };
}

const QUALITIES: Record<Quality, string> = {
  good: "Good connection",
  fair: "Some sound is lost",
  poor: "Much sound is lost",
};

export function qualityText(quality: Quality): string {
  return QUALITIES[quality];
}

/** Says how long something took: “under a minute”, “1 minute”, “2 h 5 min”. */
export function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) {
    return "under a minute";
  }
  if (minutes < 60) {
    return minutes === 1 ? "1 minute" : `${minutes} minutes`;
  }
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A clock of how long the call has been going: 0:07, 12:34, 1:02:03. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Warns of people who have keys and are not among those shown; empty where there is nobody. */
export function strangersText(ids: readonly string[]): string {
  return ids.length === 0
    ? ""
    : `Somebody has keys to this call who is not in the list: ${ids.join(", ")}. Say nothing confidential, and tell the host.`;
}

/** Says whom one does not hear for want of keys; empty where there is nobody. Without a connection, nobody has a name. */
export function unkeyedText(members: readonly Pick<Member, "name" | "stream">[], unkeyed: ReadonlySet<number>): string {
  if (unkeyed.size === 0) {
    return "";
  }
  const names = members.filter(({ stream }) => stream !== null && unkeyed.has(stream)).map(({ name }) => name);
  const whom = names.length === 0 ? "somebody" : names.join(", ");
  return `You cannot hear ${whom}: the keys to what they say have not come from the server. You hear them again as soon as they come; if that takes long, load the page again.`;
}

const DOUBTED: Record<Doubt, string> = {
  alike: "is not marked: all hear the very same. A leak of their words could not be traced.",
  unopened: "does not reach everybody: some cannot open it.",
  unlike: "does not reach everybody as it should: some hear something else.",
};

/** Says whose sound cannot be relied on to be traced; empty where there is nobody. */
export function doubtsText(members: readonly Pick<Member, "name" | "doubts">[]): string {
  return members.flatMap(({ name, doubts }) => doubts.map((doubt) => `What ${name} says ${DOUBTED[doubt]}`)).join(" ");
}
