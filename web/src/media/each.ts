/**
 * Takes what comes out of a stream, one after the other, until there is no more; fails where the stream or `take` does.
 *
 * Pipes and transforms of streams do the same, and cost a browser several promises more for each of some 200 frames a
 * second.
 */
export async function each<T>(
  reader: ReadableStreamDefaultReader<T>,
  take: (one: T) => Promise<void> | void,
): Promise<void> {
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    await take(next.value);
  }
}
