import type { JSX } from "preact";

/** Words by which members check, aloud, that their keys are the same. */
export function SafetyWords({ words }: { words: string[] | null }): JSX.Element {
  return (
    <section class="card" aria-labelledby="words">
      <h2 id="words">Safety words</h2>
      {words === null ? (
        <p class="aside">Keys are being agreed on…</p>
      ) : (
        <ol class="words">
          {words.map((word) => (
            <li key={word}>{word}</li>
          ))}
        </ol>
      )}
      <p class="aside">Read them aloud together: if everybody has the same words, nobody sits between you.</p>
    </section>
  );
}
