/** From what the session says to what is shown. */

import type { View } from "../../protocol/index.ts";
import type { CallView, Phase } from "./view.ts";

/** Returns what of the page follows from the session's view. */
export function shown(view: View, inCall: boolean): Partial<CallView> {
  const { call, me, notice, locked, muted, keeping, words, problem, speaking } = view;
  return {
    phase: phase(view, inCall),
    reconnecting: inCall && (view.phase === "reconnecting" || view.phase === "connecting"),
    call: call && {
      id: call.id,
      title: call.title,
      classification: call.classification,
      hosts: call.hosts,
      listenOnly: call.rules.listen_only,
    },
    me,
    notice,
    members: view.members.map(({ speaking_stream: stream, ...member }) => ({ ...member, stream })),
    waiting: [...view.waiting],
    strangers: [...view.strangers],
    locked,
    words: words && [...words],
    voice: speaking,
    muted,
    keeping,
    alert: problem === null ? "" : `${problem.message} ${problem.hint}`.trim(),
  };
}

/** A connection that is lost in a call leaves its page where it is. */
function phase(view: View, inCall: boolean): Phase {
  if (view.over !== null) {
    const { refused, reason, hint } = view.over;
    return { at: refused ? "refused" : "ended", parting: { reason, hint } };
  }
  if (view.phase === "call" || inCall) {
    return { at: "call" };
  }
  return PHASES[view.phase];
}

const PHASES: Record<Exclude<View["phase"], "call">, Phase> = {
  connecting: { at: "connecting" },
  notice: { at: "invited" },
  entering: { at: "joining" },
  lobby: { at: "lobby" },
  reconnecting: { at: "connecting" },
  over: { at: "ended", parting: { reason: "left", hint: "" } },
};
