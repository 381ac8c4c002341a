// How a command ends: the tagged line, RFC 9051 §7.1.
import { formatStatusText } from '../format.ts';

export interface Outcome {
  readonly status: 'OK' | 'NO' | 'BAD';
  /** Response code without brackets. */
  readonly code: string | null;
  readonly text: string;
  /** The end: `transport.end()` after the line. */
  readonly last?: boolean;
  /** Done after the line has been written (STARTTLS, COMPRESS). */
  readonly afterwards?: () => Promise<void>;
}

/** `OK text` */
export function ok(text: string, code: string | null = null): Outcome {
  return { status: 'OK', code, text };
}

/** `NO [code] text` */
export function no(code: string | null, text: string): Outcome {
  return { status: 'NO', code, text };
}

/** `BAD text`: the client is wrong. */
export function bad(text: string, code: string | null = null): Outcome {
  return { status: 'BAD', code, text };
}

/** The line of an outcome without its tag. */
export function formatOutcome({ status, code, text }: Outcome): string {
  return code === null ? `${status} ${formatStatusText(text)}` : `${status} [${code}] ${formatStatusText(text)}`;
}
