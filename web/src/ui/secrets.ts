/**
 * The secret of a link: read from the address once, taken out of it at once, and kept for this tab alone.
 *
 * Links are `…/#host=SECRET` and `…/#join=SECRET`. What follows “#” is never sent to a server.
 */

export type Role = "host" | "join";

export interface Secret {
  role: Role;
  token: string;
}

const PATTERN = /^#(host|join)=([A-Za-z0-9_-]{1,200})$/;
const KEPT = "earmark.secret";

/** Returns the secret in an address's fragment; null where there is none. */
export function fromFragment(fragment: string): Secret | null {
  const [, role, token] = PATTERN.exec(fragment) ?? [];
  return token === undefined ? null : { role: role as Role, token };
}

/** Returns the secret of this page, now or, after a reload, from before; the address has none any more. */
export function takeSecret(): Secret | null {
  const secret = fromFragment(location.hash);
  if (location.hash !== "") {
    history.replaceState(null, "", location.pathname);
  }
  if (secret !== null) {
    sessionStorage.setItem(KEPT, `#${secret.role}=${secret.token}`);
    sessionStorage.setItem(`${KEPT}.${secret.role}`, secret.token);
  }
  return secret ?? fromFragment(sessionStorage.getItem(KEPT) ?? "");
}

/** Goes back to the host's own page, where this tab has been on it. */
export function hostSecret(): Secret | null {
  const token = sessionStorage.getItem(`${KEPT}.host`);
  return token === null ? null : { role: "host", token };
}

/** Makes `secret` the one that this tab comes back with after a reload. */
export function keepSecret(secret: Secret): void {
  sessionStorage.setItem(KEPT, `#${secret.role}=${secret.token}`);
}
