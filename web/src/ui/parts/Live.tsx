/** What a screen reader reads out by itself when it changes. */

import type { JSX } from "preact";

export function Status({ text }: { text: string }): JSX.Element {
  return (
    <p class="sr-only" role="status">
      {text}
    </p>
  );
}

/** Something went wrong: seen and read out at once. */
export function Alert({ text }: { text: string }): JSX.Element {
  return (
    <div role="alert" class={text === "" ? "sr-only" : "alert"}>
      {text}
    </div>
  );
}
