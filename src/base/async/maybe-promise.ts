// Answers that may already be there. Hot paths stay synchronous when they are, and pay for a promise only when not.

export type MaybePromise<T> = T | Promise<T>;

/** Whether the answer is still to come. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
