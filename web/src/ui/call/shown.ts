/** From what the session says to what is shown. */

import type { View } from "../../protocol/index.ts";
import type { CallView, Phase } from "./view.ts";

/** Returns what of the page follows from the session's view. */
export function shown(view: View, inCall: boolean): Partial<CallView> {
  const { call, me, notice, muted, keeping, words, problem, speaking } = view;
  const reconnecting = inCall && RETURNING.has(view.phase);
  return {
    phase: phase(view, reconnecting),
    reconnecting,
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
    strangers: [...view.strangers],
    ...(reconnecting ? {} : { waiting: [...view.waiting], locked: view.locked }), // nothing new is known of them
    words: words && [...words],
    voice: speaking,
    muted,
    keeping,
    alert: problem === null ? "" : `${problem.message} ${problem.hint}`.trim(),
  };
}

/**
 * A connection that is lost in a call leaves its page where it is, as long as it is on its way back by itself: not where
 * there is a notice to be read again, or somebody has to let one in.
 */
function phase(view: View, reconnecting: boolean): Phase {
  if (view.over !== null) {
    const { refused, reason, hint } = view.over;
    return { at: refused ? "refused" : "ended", parting: { reason, hint } };
  }
  if (view.phase === "call" || reconnecting) {
    return { at: "call" };
  }
  return PHASES[view.phase];
}

const RETURNING: ReadonlySet<View["phase"]> = new Set(["reconnecting", "connecting", "entering"]);

const PHASES: Record<Exclude<View["phase"], "call">, Phase> = {
  connecting: { at: "connecting" },
  notice: { at: "invited" },
  entering: { at: "joining" },
  lobby: { at: "lobby" },
  reconnecting: { at: "connecting" },
  over: { at: "ended", parting: { reason: "left", hint: "" } },
};
