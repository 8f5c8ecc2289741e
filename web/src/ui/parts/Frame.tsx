/** What surrounds every page: the name above, and the one main part. */

import type { ComponentChildren, JSX } from "preact";

import { Mark } from "./icons.tsx";

export function Frame({ children, wide = false }: { children: ComponentChildren; wide?: boolean }): JSX.Element {
  return (
    <>
      <header class="masthead">
        <Mark />
        <span class="masthead-name">Earmark</span>
        <span class="masthead-text">Confidential call</span>
      </header>
      <main class={wide ? "page page-wide" : "page"}>{children}</main>
    </>
  );
}
