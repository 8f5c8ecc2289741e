/** Who is in the group, and so can hear, but not in the call by what the server says. */

/** Keeps note of how long they have been: for a moment there are some whenever somebody comes or goes. */
export class Strangers {
  readonly #patience: number;
  readonly #since = new Map<string, number>();

  /** @param patience milliseconds until somebody is shown. */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /** Takes who they are at a time in milliseconds; true where one of them was not among them before. */
  set(ids: readonly string[], now: number): boolean {
    for (const id of this.#since.keys()) if (!ids.includes(id)) this.#since.delete(id);
    const came = ids.filter((id) => !this.#since.has(id));
    for (const id of came) this.#since.set(id, now);
    return came.length > 0;
  }

  /** Returns who has been one for as long as the patience lasts. */
  shown(now: number): string[] {
    return [...this.#since].filter(([, since]) => now - since >= this.#patience).map(([id]) => id);
  }
}
