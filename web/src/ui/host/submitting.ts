/** What becomes of a form when it is sent. */

import { useState } from "preact/hooks";

import { ApiError } from "./api.ts";

interface Submitting {
  /** What is wrong; empty where nothing is. */
  readonly problem: string;
  /** Whether the server has yet to answer. */
  readonly busy: boolean;
  /** To be called when what is filled in changes. */
  readonly changed: () => void;
  /** For the form's own `onSubmit`. */
  readonly onSubmit: (event: Event) => void;
}

/**
 * Follows a form.
 *
 * @param missing says what is to be filled in yet; empty where nothing is.
 * @param send tells the server; what it throws is shown.
 */
export function useSubmit(missing: () => string, send: () => Promise<void>): Submitting {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    const lacking = missing();
    setProblem(lacking);
    if (lacking !== "") {
      return;
    }
    setBusy(true);
    try {
      await send();
    } catch (error) {
      setProblem(error instanceof ApiError ? `${error.message} ${error.hint}` : String(error));
    } finally {
      setBusy(false);
    }
  };
  return {
    problem,
    busy,
    changed: () => {
      setProblem("");
    },
    onSubmit: (event) => {
      event.preventDefault();
      void submit();
    },
  };
}
