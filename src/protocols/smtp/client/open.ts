// Opens a connection that is ready for messages: TCP, greeting, EHLO (or HELO, LHLO), TLS as the policy asks, AUTH.
// Opportunistic TLS that fails is given up on a fresh connection, never on the same one (RFC 3207 §4.1).
import type { Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { Clock } from '../../../base/clock.ts';
import type { SmtpReply } from '../reply.ts';
import { parseCapabilities, type Capabilities } from './capabilities.ts';
import { SmtpClientConnection } from './connection.ts';
import { CLIENT_TIMEOUTS, type ClientTimeouts } from './limits.ts';
import { authenticate, chooseSasl, type ClientLogin } from './login.ts';
import type { ConvertMessage } from './message.ts';
import { replyText, type ClientPhase, type OpenRefusal, type RemotePeer } from './outcome.ts';
import { openTcp, startTls, type TlsSessionCache } from './transport.ts';
import { Wire, type WireFault } from './wire.ts';

/** 'opportunistic': TLS when offered, in the clear when it fails. 'required': a certificate that was checked, or nothing. */
export type TlsPolicy = 'off' | 'opportunistic' | 'required';

export interface ClientTarget {
  /** The name that the certificate must carry. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'smtp' | 'lmtp';
  readonly localAddress: string | null;
  readonly heloName: string;
  readonly implicitTls: boolean;
  readonly tls: TlsPolicy;
  readonly login: ClientLogin | null;
}

export interface ClientParts {
  readonly clock: Clock;
  readonly timeouts?: Partial<ClientTimeouts>;
  readonly secureContext?: SecureContext;
  readonly sessions?: TlsSessionCache;
  readonly convert?: ConvertMessage;
  readonly signal?: AbortSignal;
}

/** Opens a connection; the refusal says in which phase and whether it may pass. */
export async function openConnection(
  target: ClientTarget,
  parts: ClientParts,
): Promise<SmtpClientConnection | OpenRefusal> {
  const first = await new Opening(target, parts, { policy: target.tls, tlsFault: null }).run();
  const mayFallBack = target.tls === 'opportunistic' && !target.implicitTls;
  if (first.kind === 'open' || first.phase !== 'tls' || !mayFallBack) return first;
  return await new Opening(target, parts, { policy: 'off', tlsFault: first.text }).run();
}

/** Thrown and caught in this file only: the opening ends here. */
class Refused extends Error {
  readonly refusal: OpenRefusal;

  constructor(refusal: OpenRefusal) {
    super(refusal.text);
    this.refusal = refusal;
  }
}

class Opening {
  readonly #target: ClientTarget;
  readonly #parts: ClientParts;
  readonly #timeouts: ClientTimeouts;
  readonly #policy: TlsPolicy;
  readonly #tlsFault: string | null;
  #wire: Wire | null = null;
  #secure: TLSSocket | null = null;
  #tls: string | null = null;

  constructor(target: ClientTarget, parts: ClientParts, mode: { policy: TlsPolicy; tlsFault: string | null }) {
    this.#target = target;
    this.#parts = parts;
    this.#timeouts = { ...CLIENT_TIMEOUTS, ...parts.timeouts };
    this.#policy = mode.policy;
    this.#tlsFault = mode.tlsFault;
  }

  async run(): Promise<SmtpClientConnection | OpenRefusal> {
    const { signal } = this.#parts;
    const stop = (): void => this.#wire?.fail({ kind: 'stopped', text: 'we are stopping' });
    signal?.addEventListener('abort', stop);
    try {
      return await this.#open();
    } catch (error) {
      if (!(error instanceof Refused)) {
        this.#wire?.fail({ kind: 'stopped', text: 'an error here' });
        throw error;
      }
      const { phase, reply } = error.refusal;
      if (phase !== 'tls' && reply !== null && reply.code !== 421) this.#wire?.end('QUIT\r\n', this.#timeouts.quitMs);
      else this.#wire?.fail({ kind: 'stopped', text: 'we broke the connection off' });
      return error.refusal;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async #open(): Promise<SmtpClientConnection> {
    const { clock, signal, convert } = this.#parts;
    const socket = await openTcp(this.#target, { clock, timeoutMs: this.#timeouts.connectMs, signal });
    if ('fault' in socket) return this.#refuse('connect', '4.4.1', connectText(socket.fault));
    if (this.#target.implicitTls) await this.#encrypt(socket);
    else this.#wire = new Wire(socket, clock);
    await this.#greeting();
    const capabilities = await this.#hello();
    const usable = this.#wantsStartTls(capabilities) ? await this.#upgrade() : capabilities;
    if (this.#policy === 'required' && this.#secure === null) {
      this.#refuse('tls', '4.7.5', 'the server does not offer TLS and we may not send without it');
    }
    if (this.#target.login !== null) await this.#login(usable, this.#target.login);
    return new SmtpClientConnection({
      wire: this.#wire!,
      clock,
      peer: this.#peer(),
      capabilities: usable,
      lmtp: this.#target.protocol === 'lmtp',
      verifiedTls: this.#policy === 'required' && this.#secure !== null,
      timeouts: this.#timeouts,
      convert: convert ?? null,
      tlsFault: this.#tlsFault,
    });
  }

  #peer(): RemotePeer {
    return { host: this.#target.host, address: this.#target.address, tls: this.#tls };
  }

  #refuse(phase: ClientPhase, enhanced: string, text: string, reply: SmtpReply | null = null): never {
    // What TLS or a sign-in lacks is for an operator to mend: the mail waits.
    const temporary = reply === null || reply.code < 500 || phase === 'tls' || phase === 'auth';
    throw new Refused({ kind: 'refused', phase, temporary, reply, enhanced, text, peer: this.#peer() });
  }

  #refuseBy(phase: ClientPhase, reply: SmtpReply): never {
    this.#refuse(phase, reply.enhanced ?? (reply.code < 500 ? '4.3.0' : '5.3.0'), replyText(reply), reply);
  }

  #refuseFault(phase: ClientPhase, fault: WireFault): never {
    return this.#refuse(phase, '4.4.2', fault.text);
  }

  async #ask(command: string, phase: ClientPhase): Promise<SmtpReply> {
    this.#wire!.write(`${command}\r\n`);
    return await this.#reply(phase, this.#timeouts.commandMs);
  }

  async #reply(phase: ClientPhase, timeoutMs: number): Promise<SmtpReply> {
    const { replies, fault } = await this.#wire!.expect(1, timeoutMs);
    const reply = replies[0];
    return reply ?? this.#refuseFault(phase, fault!);
  }

  async #greeting(): Promise<void> {
    const reply = await this.#reply('greeting', this.#timeouts.greetingMs);
    if (reply.code !== 220) this.#refuseBy('greeting', reply.code < 400 ? { ...reply, code: 451 } : reply);
  }

  /** EHLO, and HELO where EHLO is not understood (RFC 5321 §3.2); LMTP knows only LHLO (RFC 2033 §4.1). */
  async #hello(): Promise<Capabilities> {
    const { heloName, protocol } = this.#target;
    const reply = await this.#ask(`${protocol === 'lmtp' ? 'LHLO' : 'EHLO'} ${heloName}`, 'ehlo');
    if (reply.code >= 200 && reply.code < 300) return parseCapabilities(reply);
    if (protocol === 'lmtp' || reply.code < 500 || this.#secure !== null) this.#refuseBy('ehlo', reply);
    const plain = await this.#ask(`HELO ${heloName}`, 'ehlo');
    if (plain.code < 200 || plain.code >= 300) this.#refuseBy('ehlo', plain);
    return parseCapabilities(null);
  }

  #wantsStartTls(capabilities: Capabilities): boolean {
    return this.#policy !== 'off' && this.#secure === null && capabilities.starttls;
  }

  async #upgrade(): Promise<Capabilities> {
    const reply = await this.#ask('STARTTLS', 'tls');
    if (reply.code !== 220) this.#refuse('tls', '4.7.5', replyText(reply), reply);
    const wire = this.#wire!;
    const socket = wire.release();
    if (socket === null) return this.#refuseFault('tls', wire.fault!);
    await this.#encrypt(socket);
    return await this.#hello();
  }

  async #encrypt(socket: Socket): Promise<void> {
    const { clock, secureContext = null, sessions = null } = this.#parts;
    const { host, address, port } = this.#target;
    const verify = this.#policy === 'required';
    const demand = {
      servername: host,
      verify,
      secureContext,
      sessions,
      sessionKey: `${verify}/${host}/${address}/${port}`,
    };
    const secure = await startTls(socket, demand, { clock, timeoutMs: this.#timeouts.tlsMs });
    if ('fault' in secure) return this.#refuse('tls', '4.7.5', `the TLS handshake failed (${secure.fault})`);
    this.#secure = secure;
    this.#wire = new Wire(this.#secure, clock);
    this.#tls = `${this.#secure.getProtocol() ?? 'TLS'} ${this.#secure.getCipher().standardName}`;
  }

  async #login(capabilities: Capabilities, login: ClientLogin): Promise<void> {
    const mechanism = chooseSasl(capabilities.auth, login, { tls: this.#secure, address: this.#target.address });
    if (mechanism === null) return this.#refuse('auth', '4.7.0', 'the server offers no way to sign in that we may use');
    const refused = await authenticate((line) => this.#ask(line, 'auth'), mechanism);
    if (refused !== null) this.#refuse('auth', '4.7.8', replyText(refused), refused);
  }
}

function connectText(fault: string): string {
  const known: Record<string, string> = {
    ECONNREFUSED: 'the host refuses connections',
    EHOSTUNREACH: 'the host cannot be reached',
    ENETUNREACH: 'the network cannot be reached',
    timeout: 'the host did not answer',
    stopped: 'we are stopping',
  };
  return known[fault] ?? `no connection (${fault})`;
}
