/** How loud sound is, as a meter shows it. */

/** Below it a level meter shows nothing, in dB under full scale. */
const QUIETEST_DB = -60;

/** The root mean square of samples (full scale ±1) on a scale of decibels: 0 at −60 dB and below, 1 at 0 dB. */
export function meter(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return Math.min(1, Math.max(0, 1 - (10 * Math.log10(power + 1e-12)) / QUIETEST_DB));
}
