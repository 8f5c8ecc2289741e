/** What the server says of calls, made ready to be shown. */

export interface CallSummary {
  id: string;
  title: string;
  classification: string;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
}

export interface Attendance {
  id: string;
  name: string;
  host: boolean;
  /** When they were there; the end is null while they are. */
  stays: { from: Date; to: Date | null }[];
  spoke: boolean;
}

type Fields = Record<string, unknown>;

export function readCalls(answer: unknown): CallSummary[] {
  return list((answer as Fields | null)?.["calls"]).map((call) => ({
    id: text(call["id"]),
    title: text(call["title"]),
    classification: text(call["classification"]),
    createdAt: date(call["created_at"]) ?? new Date(0),
    startedAt: date(call["started_at"]),
    endedAt: date(call["ended_at"]),
  }));
}

export function readAttendance(answer: unknown): Attendance[] {
  return list((answer as Fields | null)?.["people"]).map((person) => ({
    id: text(person["id"]),
    name: text(person["name"]) || text(person["id"]),
    host: person["host"] === true,
    stays: list(person["stays"]).map((stay) => ({
      from: date(stay["admitted_at"]) ?? new Date(0),
      to: date(stay["left_at"]),
    })),
    spoke: Array.isArray(person["streams"]) && person["streams"].length > 0,
  }));
}

/** Minutes of a call, counted from its start: “0–12, 15–31”; of somebody who is still there “15–now”. */
export function minutesHeard(stays: Attendance["stays"], start: Date | null): string {
  const minute = (moment: Date): number =>
    Math.max(0, Math.floor((moment.getTime() - (start ?? moment).getTime()) / 60_000));
  return stays.map(({ from, to }) => `${minute(from)}–${to === null ? "now" : minute(to) + 1}`).join(", ");
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function date(value: unknown): Date | null {
  const moment = typeof value === "string" ? new Date(value) : null;
  return moment === null || Number.isNaN(moment.getTime()) ? null : moment;
}
