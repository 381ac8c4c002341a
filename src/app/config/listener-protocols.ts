// The protocols a listener may speak: their ports, and the high ones for a user who may not take the standard ones.

export interface ListenerProtocolFacts {
  readonly port: number;
  /** Taken by `start` when the standard port may not be had. */
  readonly highPort: number;
  /** The address when none is written. */
  readonly address: '*' | '127.0.0.1';
  /** TLS from the first octet (RFC 8314 §3). */
  readonly implicitTls: boolean;
  readonly doc: string;
}

export const LISTENER_PROTOCOLS = {
  smtp: { port: 25, highPort: 2525, address: '*', implicitTls: false, doc: 'mail from other servers' },
  submission: { port: 587, highPort: 2587, address: '*', implicitTls: false, doc: 'mail from users, STARTTLS' },
  submissions: { port: 465, highPort: 2465, address: '*', implicitTls: true, doc: 'mail from users, TLS' },
  lmtp: { port: 24, highPort: 2424, address: '127.0.0.1', implicitTls: false, doc: 'mail from a server in front' },
  pop3: { port: 110, highPort: 2110, address: '*', implicitTls: false, doc: 'reading, STLS' },
  pop3s: { port: 995, highPort: 2995, address: '*', implicitTls: true, doc: 'reading, TLS' },
  imap: { port: 143, highPort: 2143, address: '*', implicitTls: false, doc: 'reading and keeping, STARTTLS' },
  imaps: { port: 993, highPort: 2993, address: '*', implicitTls: true, doc: 'reading and keeping, TLS' },
  metrics: { port: 9464, highPort: 9464, address: '127.0.0.1', implicitTls: false, doc: 'metrics and health' },
} as const satisfies Record<string, ListenerProtocolFacts>;

export type ListenerProtocol = keyof typeof LISTENER_PROTOCOLS;

/** The names, in the order of the documents. */
export const LISTENER_PROTOCOL_NAMES = Object.keys(LISTENER_PROTOCOLS) as readonly ListenerProtocol[];

/** Protocols of the plan that this release does not speak yet. */
export const LATER_PROTOCOLS: readonly string[] = ['managesieve', 'http', 'https'];
