// The next hop of a route: `smtp://user:password@host:port`, `smtps://host`, `lmtp://host`.

export interface SmartHost {
  /** LMTP (RFC 2033) is for a server behind this one that keeps the mailboxes. */
  readonly protocol: 'smtp' | 'lmtp';
  /** TLS from the first octet (`smtps:`), rather than STARTTLS when offered. */
  readonly implicitTls: boolean;
  /** A domain name or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly user: string | null;
  /** Shown as *** wherever the configuration is printed. */
  readonly password: string | null;
}

const PATTERN =
  /^(smtps?|lmtp):\/\/(?:([^:@/\s]+)(?::([^@/\s]*))?@)?(?:\[([\da-fA-F:.]+)\]|([A-Za-z\d._-]+))(?::(\d{1,5}))?\/?$/u;

/** Parses the address of a smarthost; null when it is none. */
export function parseSmartHost(text: string): SmartHost | null {
  const found = PATTERN.exec(text);
  if (found === null) return null;
  const [, scheme, user, password, literal, name, digits] = found;
  const implicitTls = scheme === 'smtps';
  const protocol = scheme === 'lmtp' ? 'lmtp' : 'smtp';
  const submission = user === undefined ? 25 : 587;
  const port = Number(digits ?? (implicitTls ? 465 : protocol === 'lmtp' ? 24 : submission));
  if (port < 1 || port > 65_535) return null;
  try {
    return {
      protocol,
      implicitTls,
      host: literal ?? name ?? '',
      port,
      user: user === undefined ? null : decodeURIComponent(user),
      password: password === undefined ? null : decodeURIComponent(password),
    };
  } catch {
    return null; // a broken percent sign
  }
}

/** The text of a smarthost; the password only when `withPassword`. */
export function formatSmartHost(via: SmartHost, withPassword: boolean): string {
  const secret = via.password === null ? '' : `:${withPassword ? encodeURIComponent(via.password) : '***'}`;
  const user = via.user === null ? '' : `${encodeURIComponent(via.user)}${secret}@`;
  const host = via.host.includes(':') ? `[${via.host}]` : via.host;
  return `${via.protocol}${via.implicitTls ? 's' : ''}://${user}${host}:${via.port}`;
}
