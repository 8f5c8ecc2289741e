/** Who is logged in with their organisation's provider, where the server has one. */

import * as v from "valibot";

const whoever = v.object({
  login: v.boolean(),
  name: v.string(),
  role: v.nullable(v.picklist(["host", "officer"])),
});

/** Who is logged in; nobody where `role` is null. */
export type Whoever = v.InferOutput<typeof whoever>;

export const NOBODY: Whoever = { login: false, name: "", role: null };

/** Where logging in begins; the server sends people on. */
export const LOGIN = "api/login/start";

const PROBLEMS: Record<string, string> = {
  "": "",
  role: "You are logged in, but your account may neither open calls nor look at them. Ask who looks after Earmark.",
  failed: "Logging in did not work. Try again.",
};

/** Returns what to say to somebody whom the server has sent here after logging in; null where they come otherwise. */
export function fromLogin(fragment: string): string | null {
  const [, problem] = /^#login=([a-z]*)$/.exec(fragment) ?? [];
  return problem === undefined ? null : (PROBLEMS[problem] ?? PROBLEMS["failed"]!);
}

/** Asks the server who is logged in. */
export async function whoIsThere(): Promise<Whoever> {
  try {
    const response = await fetch("api/session", { cache: "no-store" });
    return v.parse(whoever, await response.json());
  } catch {
    return NOBODY;
  }
}

export async function logOut(): Promise<void> {
  await fetch("api/logout", { method: "POST" });
}
