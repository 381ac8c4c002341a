// The one class for refusals that cross a layer. Expected outcomes inside a layer are values, not errors.
import type { ErrorCode } from './codes.ts';

export interface MailErrorOptions {
  /** True when repeating later may help: the fault is ours or may pass. */
  temporary: boolean;
  /** For the log only; never shown to a stranger. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** A refusal with a stable code and a text that is safe to show to a stranger (no path, version or configuration). */
export class MailError extends Error {
  readonly code: ErrorCode;
  readonly temporary: boolean;
  readonly publicText: string;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, publicText: string, options: MailErrorOptions) {
    super(publicText, { cause: options.cause });
    this.name = 'MailError';
    this.code = code;
    this.temporary = options.temporary;
    this.publicText = publicText;
    this.details = options.details ?? {};
  }
}
