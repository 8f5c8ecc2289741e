/** A value that components follow. */

import { useEffect, useState } from "preact/hooks";

export class Store<T> {
  private readonly followers = new Set<(value: T) => void>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set(value: T): void {
    this.current = value;
    this.followers.forEach((follower) => {
      follower(value);
    });
  }

  update(part: Partial<T>): void {
    this.set({ ...this.current, ...part });
  }

  follow(follower: (value: T) => void): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }
}

/** Returns the store's value, and shows the component anew whenever it changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(store.value);
  useEffect(() => {
    setValue(() => store.value);
    return store.follow((next) => {
      setValue(() => next);
    });
  }, [store]);
  return value;
}
