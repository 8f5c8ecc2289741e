/** What a person is told when something does not go on, but may again. */

import type { Problem } from "./events.ts";
import type { EndReason } from "./messages.ts";

export const NO_CONNECTION: Problem = {
  message: "There is no connection to the server.",
  hint: "It is tried again and again. Check your network if this goes on.",
};

/** Of somebody who speaks: their microphone is open, and may be heard. */
export const ADRIFT: Problem = {
  message: "There is no connection to the server.",
  hint: "It is tried again and again. Until it is back, you hear each other for some minutes at most, and may not be heard at all.",
};

export const ELSEWHERE: Problem = {
  message: "Another server holds this call.",
  hint: "You are being brought there.",
};

export const NOT_SENDING: Problem = {
  message: "Your microphone is not sent any more.",
  hint: "Switch it on again.",
};

const PASSING: Partial<Record<EndReason, Problem>> = {
  silent: { message: "The connection was too slow for a moment.", hint: "You are being brought back." },
  unrecorded: {
    message: "The server could not put on record that you agree.",
    hint: "It is tried again and again. Tell the host if this goes on.",
  },
  stopped: { message: "The server has stopped.", hint: "You are brought back as soon as it runs again." },
};

/** Returns what is said where a call is to be entered again at once; null where that makes no sense. */
export function passing(reason: EndReason): Problem | null {
  return PASSING[reason] ?? null;
}
