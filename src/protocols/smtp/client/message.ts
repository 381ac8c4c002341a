// What the SMTP client is given to send: an envelope with what each extension asks of it, and the octets.
import type { BodyType, Notify } from '../envelope.ts';

export interface ClientRecipient {
  /** addr-spec. */
  readonly forwardPath: string;
  /** null: NOTIFY was not given; empty: NEVER. */
  readonly notify: readonly Notify[] | null;
  /** 'type;address', decoded, or null. */
  readonly orcpt: string | null;
}

export interface MessageBody {
  /** Octets. */
  readonly length: number;
  /** All of them, where they are in memory. */
  readonly octets: Buffer | null;
  /** Asked right before the octets that complete the message; false: it is broken off there. Absent: always true. */
  readonly mayEnd?: () => boolean;
  /** Octets [start, end). */
  read(start: number, end: number): Promise<Buffer>;
}

export interface ClientMessage {
  /** addr-spec, '' for the null sender. */
  readonly reversePath: string;
  readonly recipients: readonly ClientRecipient[];
  readonly body: MessageBody;
  readonly bodyType: BodyType;
  readonly smtputf8: boolean;
  readonly requiretls: boolean;
  readonly ret: 'FULL' | 'HDRS' | null;
  readonly envid: string | null;
  /** MT-PRIORITY, RFC 6710; 0 is not sent. */
  readonly priority: number;
  /** What is left of it now, RFC 2852 §4. */
  readonly deliverBy: { readonly seconds: number; readonly mode: 'R' | 'N'; readonly trace: boolean } | null;
}

/** What the next hop can take. */
export interface ConversionNeed {
  readonly from: BodyType;
  readonly eightBitMime: boolean;
  readonly smtputf8: boolean;
  /** Lines end in anything but CRLF and have to be mended. */
  readonly bareLineEndings: boolean;
}

export type Conversion =
  | { readonly kind: 'converted'; readonly octets: Buffer }
  | { readonly kind: 'impossible'; readonly enhanced: string; readonly text: string };

/** Rewrites a message for a next hop that cannot take it as it is. */
export type ConvertMessage = (octets: Buffer, need: ConversionNeed) => Conversion;

/** A body that is in memory. */
export function bodyOf(octets: Buffer, mayEnd?: () => boolean): MessageBody {
  const body = {
    length: octets.length,
    octets,
    read: async (start: number, end: number) => octets.subarray(start, end),
  };
  return mayEnd === undefined ? body : { ...body, mayEnd };
}
