// A failed assertion is our bug: it ends that connection or job, never the process.

/** Throws when `condition` does not hold; `what` names the broken invariant. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${what}`);
}
