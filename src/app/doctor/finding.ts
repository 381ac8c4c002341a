// One thing that the doctor looked at.

/** broken: does not work as it is. note: works, could be better. unknown: could not be looked at. */
export type FindingState = 'good' | 'note' | 'broken' | 'unknown';

export interface Finding {
  readonly area: 'server' | 'data' | 'accounts' | 'queue' | 'ports' | 'tls' | 'dns';
  readonly state: FindingState;
  /** What is. */
  readonly text: string;
  /** What to do; null when there is nothing to do. */
  readonly mend: string | null;
}

type Make = (text: string, mend?: string) => Finding;

/** Makers of findings of one area. */
export function findingsOf(area: Finding['area']): Readonly<Record<FindingState, Make>> {
  const maker =
    (state: FindingState): Make =>
    (text, mend) => ({ area, state, text, mend: mend ?? null });
  return { good: maker('good'), note: maker('note'), broken: maker('broken'), unknown: maker('unknown') };
}
