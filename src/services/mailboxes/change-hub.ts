// Who in this thread wants to hear that an account's mail changed: one subscription at the store, listeners by account.
import type { Store } from '../../storage/store.ts';

export interface ChangeHub {
  /** `listener` is called after each commit that touches the account; the returned function ends it. */
  onAccount(accountId: number, listener: () => void): () => void;
  close(): void;
}

/** One per thread. */
export function createChangeHub(store: Store): ChangeHub {
  const listeners = new Map<number, Set<() => void>>();
  const end = store.onChange(({ accountIds }) => {
    for (const id of accountIds) for (const listener of listeners.get(id) ?? []) listener();
  });
  return {
    onAccount(accountId, listener) {
      let set = listeners.get(accountId);
      if (set === undefined) listeners.set(accountId, (set = new Set()));
      set.add(listener);
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(accountId) === set) listeners.delete(accountId);
      };
    },
    close: end,
  };
}
