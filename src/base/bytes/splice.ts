// Changing a few places of a large buffer without copying the rest.

export interface Replacement {
  /** Octets `start` to `end` (exclusive) are replaced; equal: an insertion. */
  readonly start: number;
  readonly end: number;
  readonly with: Buffer;
}

/** The buffer as slices with the replacements (in order, not overlapping) between them; `[buffer]` when there are none. */
export function splice(buffer: Buffer, replacements: readonly Replacement[]): Buffer[] {
  if (replacements.length === 0) return [buffer];
  const slices: Buffer[] = [];
  let kept = 0;
  for (const { start, end, with: octets } of replacements) {
    if (start > kept) slices.push(buffer.subarray(kept, start));
    if (octets.length > 0) slices.push(octets);
    kept = end;
  }
  if (kept < buffer.length) slices.push(buffer.subarray(kept));
  return slices;
}
