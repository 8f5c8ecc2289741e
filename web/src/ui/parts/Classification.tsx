import type { JSX } from "preact";

/** How secret a call is, in its host's own words. */
export function Classification({ text }: { text: string }): JSX.Element | null {
  return text === "" ? null : (
    <span class="classification">
      <span class="sr-only">Classification: </span>
      {text}
    </span>
  );
}
