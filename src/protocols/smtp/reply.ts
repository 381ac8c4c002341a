// An SMTP reply, RFC 5321 §4.2, with its enhanced status code, RFC 3463.

export interface SmtpReply {
  readonly code: number;
  /** e.g. '5.7.1'; absent where the standard has none (greeting, EHLO, 354, 334). */
  readonly enhanced?: string;
  /** One line each, without CRLF. */
  readonly lines: readonly string[];
}

/** Builds a one-line reply; `enhanced` '' leaves the enhanced code out. */
export function reply(code: number, enhanced: string, text: string): SmtpReply {
  return enhanced === '' ? { code, lines: [text] } : { code, enhanced, lines: [text] };
}
