/** How well a stream arrives, from what the browser counts. */

/** Counts since the connection was made, as WebRTC names them; and how loud it is now, 0 to 1. */
export interface Reception {
  concealedSamples: number;
  totalSamplesReceived: number;
  packetsReceived: number;
  packetsLost: number;
  audioLevel: number;
}

export type Quality = "good" | "fair" | "poor";

const FAIR = 0.02;
const POOR = 0.1;

/** Returns how much of the sound between two counts was made up by the browser, since it had not come in time: 0 to 1. */
export function concealed(before: Reception, now: Reception): number {
  const total = now.totalSamplesReceived - before.totalSamplesReceived;
  return total <= 0 ? 0 : Math.min(1, Math.max(0, now.concealedSamples - before.concealedSamples) / total);
}

/** Returns how many packets of a hundred were lost between two counts. */
export function lostPercent(before: Reception, now: Reception): number {
  const lost = Math.max(0, now.packetsLost - before.packetsLost);
  const all = lost + Math.max(0, now.packetsReceived - before.packetsReceived);
  return all === 0 ? 0 : Math.round((100 * lost) / all);
}

export function quality(concealedPart: number): Quality {
  return concealedPart >= POOR ? "poor" : concealedPart >= FAIR ? "fair" : "good";
}

/** Of several streams, the worst counts. */
export function worst(qualities: readonly Quality[]): Quality {
  return (["poor", "fair"] as const).find((quality) => qualities.includes(quality)) ?? "good";
}

/** Reads what `getStats` says of a received stream; null before anything has come. */
export function reception(stats: RTCStatsReport): Reception | null {
  for (const report of stats.values() as Iterable<RTCInboundRtpStreamStats>) {
    if (report.type === "inbound-rtp") {
      const { concealedSamples = 0, totalSamplesReceived = 0, audioLevel = 0 } = report;
      const { packetsReceived = 0, packetsLost = 0 } = report;
      return { concealedSamples, totalSamplesReceived, packetsReceived, packetsLost, audioLevel };
    }
  }
  return null;
}
