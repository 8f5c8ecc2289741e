/** What the host's page asks of the server. The token travels in a header, never in an address. */

import type { Invitee } from "./people.ts";

export interface Rules {
  encoded_transform: true;
  known_devices_only: boolean;
  listen_only: boolean;
  max_members: number;
}

export interface NewCall {
  title: string;
  classification: string;
  /** Who invites; “Host” where nobody is named. */
  host?: Invitee;
  rules: Rules;
  people: Invitee[];
}

export interface InvitationLink {
  id: string;
  name: string;
  link: string;
}

/** Of a call: who was invited now, and how the host gets in where that was told. */
export interface Invitations {
  id: string;
  links: InvitationLink[];
  host_link?: string;
}

/** Thrown where the server does not do what it was asked; `hint` says what to do. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    readonly hint: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export class HostApi {
  /** @param token the host's; null where somebody is logged in, whom the browser's cookie makes known. */
  constructor(private readonly token: string | null) {}

  async create(call: NewCall): Promise<Invitations> {
    return (await this.ask("POST", "api/calls", call)) as Invitations;
  }

  async invite(id: string, people: Invitee[]): Promise<Invitations> {
    const { links } = (await this.ask("POST", `api/calls/${encodeURIComponent(id)}/people`, { people })) as Invitations;
    return { id, links };
  }

  async calls(): Promise<unknown> {
    return this.ask("GET", "api/calls");
  }

  async call(id: string): Promise<unknown> {
    return this.ask("GET", `api/calls/${encodeURIComponent(id)}`);
  }

  private async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const headers: Record<string, string> = this.token === null ? {} : { Authorization: `Bearer ${this.token}` };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
    }
    const response = await fetch(path, {
      method,
      headers,
      cache: "no-store",
      body: body === undefined ? null : JSON.stringify(body),
    }).catch(() => {
      throw new ApiError("The server does not answer.", "Check that it runs, and try again.", 0);
    });
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) {
      throw refusal(response.status, answer, this.token === null);
    }
    return answer;
  }
}

function refusal(status: number, answer: unknown, loggedIn: boolean): ApiError {
  if (loggedIn && status === 401) {
    return new ApiError("You are not logged in any more.", "Load this page again, and log in.", status);
  }
  if (status === 401 || status === 403) {
    return new ApiError(
      "This host’s link is not valid.",
      "Use the newest one that “earmark serve” has printed.",
      status,
    );
  }
  const { message, hint } = (answer ?? {}) as { message?: unknown; hint?: unknown };
  const text = typeof message === "string" ? message : `The server answered with status ${status}.`;
  return new ApiError(text, typeof hint === "string" ? hint : "Try again.", status);
}
