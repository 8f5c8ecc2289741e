/** Drawn icons; never the only label of anything. */

import type { ComponentChildren, JSX } from "preact";

function Icon({ children }: { children: ComponentChildren }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

/** The notch that a marked ear has. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path class="mark-body" d="M16 2a14 14 0 0 1 14 14 14 14 0 0 1-3.2 8.9L16 16V2Z" />
      <path class="mark-notch" d="M16 2v14l10.8 8.9A14 14 0 1 1 16 2Z" />
      <circle class="mark-hole" cx="11.5" cy="16.5" r="3" />
    </svg>
  );
}

export function MicrophoneIcon({ off = false }: { off?: boolean }): JSX.Element {
  return (
    <Icon>
      <path d="M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3Z" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3M8.5 21h7" />
      {off && <path class="strike" d="M4 4l16 16" />}
    </Icon>
  );
}

export function EarIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M7 9.5a5.5 5.5 0 0 1 11 0c0 4-4 4.5-4 8a3 3 0 0 1-5.6 1.5" />
      <path d="M9.5 10a3 3 0 0 1 5.5-1.5c.7 1.5-.2 2.5-1.5 3.5" />
    </Icon>
  );
}

export function LockIcon({ open = false }: { open?: boolean }): JSX.Element {
  return (
    <Icon>
      <rect x="5" y="11" width="14" height="9" rx="2" />
      <path d={open ? "M8 11V7a4 4 0 0 1 7.7-1.5" : "M8 11V7a4 4 0 0 1 8 0v4"} />
    </Icon>
  );
}

export function LeaveIcon(): JSX.Element {
  return (
    <Icon>
      <path d="M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M4 12h11M11 8l4 4-4 4" />
    </Icon>
  );
}

export function StopIcon(): JSX.Element {
  return (
    <Icon>
      <rect x="6" y="6" width="12" height="12" rx="2" />
    </Icon>
  );
}

export function SignalIcon({ bars }: { bars: 1 | 2 | 3 }): JSX.Element {
  return (
    <Icon>
      <path class={bars >= 1 ? "bar on" : "bar"} d="M6 18v-3" />
      <path class={bars >= 2 ? "bar on" : "bar"} d="M12 18v-7" />
      <path class={bars >= 3 ? "bar on" : "bar"} d="M18 18V6" />
    </Icon>
  );
}
