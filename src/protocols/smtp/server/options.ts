// What a listener is made with, and the form in which every connection of it shares that.
import type { SecureContext } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import { IdleWheel } from '../../../base/idle-wheel.ts';
import type { Log } from '../../../base/log.ts';
import { SMTP_EXTENSIONS, type SmtpExtension } from '../extensions.ts';
import { smtpServerLimits, type SmtpServerLimits } from './limits.ts';
import type { SmtpServerSession, SmtpService } from './session.ts';

export interface SmtpTlsOptions {
  /**
   * The certificate for a client that asked for `servername` (null: it named none). Called for every handshake, so a
   * renewed certificate is used at once. Ticket keys shared between threads belong into the context (`ticketKeys`).
   */
  secureContextFor(servername: string | null): SecureContext;
}

export interface SmtpServerOptions {
  readonly service: SmtpService;
  /** How we call ourselves in the banner and after EHLO. */
  readonly hostname: string;
  /** Follows the hostname in the banner; strangers read it. */
  readonly banner?: string;
  /** What to offer, where it applies; default: `defaultExtensions(service)`. */
  readonly extensions?: readonly SmtpExtension[];
  readonly limits?: Partial<SmtpServerLimits>;
  /** null: no TLS here. Must be given for `submissions`, unless the sockets come as TLS sockets. */
  readonly tls: SmtpTlsOptions | null;
  readonly log: Log;
  readonly clock: Clock;
  /** One per thread is enough for all its servers; default: its own. */
  readonly idleWheel?: IdleWheel;
  /** One session per connection, made when the client's address is known. */
  createSession(): SmtpServerSession;
  /** Who must send a PROXY header (v1 or v2) and is believed; default: nobody. `address` is the socket's. */
  isProxyPeer?(address: string): boolean;
  /** How long a client must be silent before the banner; 0 looks at what is already there. RFC 5321 §4.3.1. */
  readonly bannerPauseMs?: number;
}

/** The options with every default filled in. */
export interface SmtpServerConfig {
  readonly service: SmtpService;
  readonly lmtp: boolean;
  /** Clients are meant to sign in here. */
  readonly signInService: boolean;
  readonly enhancedCodes: boolean;
  readonly hostname: string;
  readonly banner: string;
  readonly limits: SmtpServerLimits;
  readonly tls: SmtpTlsOptions | null;
  readonly log: Log;
  readonly clock: Clock;
  readonly idleWheel: IdleWheel;
  readonly bannerPauseMs: number;
  /** What may be used before and after TLS; without EHLO nothing may. */
  readonly offered: { readonly plain: ReadonlySet<SmtpExtension>; readonly tls: ReadonlySet<SmtpExtension> };
  createSession(): SmtpServerSession;
  isProxyPeer(address: string): boolean;
}

/** Offered to strangers: what asks something of us only for those who signed in is left out. AUTH never is on `smtp`. */
const NOT_FOR_STRANGERS: readonly SmtpExtension[] = ['AUTH', 'FUTURERELEASE', 'DELIVERBY', 'MT-PRIORITY'];

/** What a service offers unless told otherwise. */
export function defaultExtensions(service: SmtpService): readonly SmtpExtension[] {
  if (service === 'submission' || service === 'submissions') return SMTP_EXTENSIONS;
  return SMTP_EXTENSIONS.filter((extension) => !NOT_FOR_STRANGERS.includes(extension));
}

/** Fills in the defaults. */
export function smtpServerConfig(options: SmtpServerOptions): SmtpServerConfig {
  const { service, hostname, tls, log, clock } = options;
  const wanted = new Set<SmtpExtension>(options.extensions ?? defaultExtensions(service));
  if (service === 'smtp') wanted.delete('AUTH');
  if (tls === null) wanted.delete('STARTTLS');
  // RFC 3030 §3: BINARYMIME needs CHUNKING.
  if (!wanted.has('CHUNKING')) wanted.delete('BINARYMIME');
  return {
    service,
    lmtp: service === 'lmtp',
    signInService: service === 'submission' || service === 'submissions',
    enhancedCodes: wanted.has('ENHANCEDSTATUSCODES'),
    hostname,
    banner: options.banner ?? '',
    limits: smtpServerLimits(service, options.limits),
    tls,
    log,
    clock,
    idleWheel: options.idleWheel ?? new IdleWheel(clock),
    bannerPauseMs: options.bannerPauseMs ?? 0,
    offered: {
      // RFC 8689 §2: REQUIRETLS is offered only under TLS.
      plain: new Set([...wanted].filter((extension) => extension !== 'REQUIRETLS')),
      tls: new Set([...wanted].filter((extension) => extension !== 'STARTTLS')),
    },
    createSession: () => options.createSession(),
    isProxyPeer: (address) => options.isProxyPeer?.(address) ?? false,
  };
}
