/** Tables of handlers, one for each type of event: what is missing from a table does not compile. */

import type { ClientMessage } from "./messages.ts";
import type { Command } from "./events.ts";

/** A handler for each type of `T`; each returns what is to be done. */
export type Table<T extends { readonly type: string }> = {
  readonly [K in T["type"]]: (event: Extract<T, { readonly type: K }>) => Command[];
};

/** Hands an event to its handler. */
export function dispatch<T extends { readonly type: string }>(table: Table<T>, event: T): Command[] {
  const handler = table[event.type as T["type"]] as (event: T) => Command[];
  return handler(event);
}

/** The command to send a message. */
export function send(message: ClientMessage): Command {
  return { do: "send", message };
}
