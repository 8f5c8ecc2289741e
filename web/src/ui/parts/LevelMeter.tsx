/** How loud the microphone is. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

const UPDATE_MS = 60;

/** @param level is asked for the level, 0 to 1, some 16 times a second. */
export function LevelMeter({ label, level }: { label: string; level: () => number }): JSX.Element {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let shown = 0;
    const timer = setInterval(() => {
      shown = Math.max(level(), shown * 0.8); // falls slowly, so that it can be read
      bar.current?.style.setProperty("--level", shown.toFixed(3));
      bar.current?.setAttribute("aria-valuenow", String(Math.round(shown * 20) * 5));
    }, UPDATE_MS);
    return () => {
      clearInterval(timer);
    };
  }, [level]);
  return (
    <div
      ref={bar}
      class="meter"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
    >
      <div class="meter-fill" />
    </div>
  );
}
