// One connection: the socket under a dialog. PROXY header first, then TLS where it is implicit, then the banner. No timer
// of its own: the idle wheel of the thread watches it.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { IdleEntry } from '../../../base/idle-wheel.ts';
import { normalizeIp } from '../../../base/net/ip.ts';
import { channelBindings } from '../../sasl/index.ts';
import { SmtpDialog, type DialogPort } from './dialog.ts';
import type { SmtpServerConfig } from './options.ts';
import { readProxyHeader, type ProxiedAddresses } from './proxy-header.ts';
import { readInput } from './read-input.ts';
import type { SmtpDialogState } from './session.ts';

const NO_OCTETS = Buffer.alloc(0);

/** A client's connection from its acceptance to its close. */
export class SmtpConnection implements DialogPort {
  readonly #config: SmtpServerConfig;
  readonly #onClose: (connection: SmtpConnection) => void;
  #idle: IdleEntry;
  #socket: Socket;
  #dialog: SmtpDialog | null = null;
  /** While a PROXY header is awaited: what has come of it. */
  #proxyInput: Buffer | null = null;
  #closed = false;
  #finishing = false;
  /** TLS has been begun and does not stand yet: nothing can be said. */
  #handshaking = false;

  constructor(config: SmtpServerConfig, socket: Socket, onClose: (connection: SmtpConnection) => void) {
    this.#config = config;
    this.#socket = socket;
    this.#onClose = onClose;
    this.#idle = this.#watch(config.limits.proxyTimeoutMs);
    socket.setNoDelay(true);
    this.#listen(socket);
    if (config.isProxyPeer(normalizeIp(socket.remoteAddress ?? '') ?? '')) this.#proxyInput = NO_OCTETS;
    else this.#open(null);
  }

  /** Ends the connection when nothing is lost by it, else as soon as that is so. */
  drain(): void {
    if (this.#dialog === null) this.destroy();
    else this.#dialog.drain();
  }

  /** Ends the connection now. */
  destroy(): void {
    this.#socket.destroy();
  }

  #watch(ms: number): IdleEntry {
    return this.#config.idleWheel.watch(ms, () => this.#timeout());
  }

  #listen(socket: Socket): void {
    // A client may close its side and still read our replies.
    socket.allowHalfOpen = true;
    socket.on('data', (octets: Buffer) => this.#receive(octets));
    socket.on('end', () => this.#clientEnded());
    socket.on('drain', () => this.#dialog?.clientCaughtUp());
    socket.on('error', (error) => this.#socketError(error));
    socket.on('close', () => this.#socketClosed(socket));
  }

  #receive(octets: Buffer): void {
    if (this.#proxyInput !== null) this.#receiveProxyHeader(octets);
    else this.#dialog?.receive(octets);
  }

  #receiveProxyHeader(octets: Buffer): void {
    const input = Buffer.concat([this.#proxyInput!, octets]);
    const header = readProxyHeader(input);
    switch (header.kind) {
      case 'incomplete':
        this.#proxyInput = input;
        return;
      case 'malformed':
        this.#config.log.warn({ address: this.#socket.remoteAddress }, 'smtp: no valid PROXY header, dropped');
        this.destroy();
        return;
      case 'complete':
        this.#proxyInput = null;
        this.#open(header.addresses, input.subarray(header.octets));
    }
  }

  /** The client is known: begin the dialog. `behind` came in one piece with the PROXY header. */
  #open(proxied: ProxiedAddresses | null, behind: Buffer = NO_OCTETS): void {
    const socket = this.#socket;
    const { service, tls } = this.#config;
    const { address, port } = proxied ?? {
      address: normalizeIp(socket.remoteAddress ?? '') ?? '',
      port: socket.remotePort ?? 0,
    };
    const state: SmtpDialogState = {
      peer: { service, address, port },
      helo: '',
      extended: false,
      tls: null,
      account: null,
    };
    this.#dialog = new SmtpDialog(this.#config, this, state, readInput);
    if (socket instanceof TLSSocket) {
      this.#secured(socket);
      this.#greetLater(behind);
    } else if (service === 'submissions' && tls !== null) {
      this.startTls(behind);
    } else this.#greetLater(behind);
  }

  /** The session's word, the pause, the banner. Whoever speaks meanwhile is refused by the dialog. */
  #greetLater(behind: Buffer): void {
    this.expectWithin(this.#config.limits.commandTimeoutMs);
    const dialog = this.#dialog!;
    dialog.receive(behind);
    dialog.start(() => {
      const { service, bannerPauseMs, clock } = this.#config;
      if (bannerPauseMs > 0) clock.after(bannerPauseMs, () => dialog.greet());
      // Two turns of the event loop: what is already in the socket is read before the second.
      else if (service === 'smtp') setImmediate(() => setImmediate(() => dialog.greet()));
      else dialog.greet();
    });
  }

  #clientEnded(): void {
    if (this.#dialog === null || this.#handshaking) this.destroy();
    else this.#dialog.inputEnded();
  }

  #socketError(error: Error): void {
    this.#config.log.debug(
      { address: this.#dialog?.state.peer.address, error: error.message },
      'smtp: connection lost',
    );
  }

  #socketClosed(socket: Socket): void {
    // Under TLS the plain socket closes too.
    if (this.#closed || socket !== this.#socket) return;
    this.#closed = true;
    this.#idle.stop();
    this.#dialog?.connectionClosed();
    this.#onClose(this);
  }

  #timeout(): void {
    if (this.#closed) return;
    if (this.#dialog === null || this.#finishing || this.#handshaking) {
      this.destroy();
      return;
    }
    // An entry of the wheel is called once; the last word needs its time too.
    this.#idle = this.#watch(this.#config.limits.closingTimeoutMs);
    this.#dialog.timeout();
  }

  // --- what the dialog asks for ---

  send(text: string, encoding: 'latin1' | 'utf8'): boolean {
    const socket = this.#socket;
    if (!socket.writable) return true;
    return socket.write(text, encoding) || socket.writableLength <= this.#config.limits.unreadRepliesMaxBytes;
  }

  pauseReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  expectWithin(ms: number): void {
    this.#idle.touch(ms);
  }

  touch(): void {
    this.#idle.touch();
  }

  finish(clientIsDone: boolean): void {
    const socket = this.#socket;
    // Everything is with the kernel, which sends it before the end; a half-close would only wait for the client's.
    if (clientIsDone && socket.writableLength === 0 && !(socket instanceof TLSSocket)) {
      socket.destroy();
      return;
    }
    this.#finishing = true;
    this.#idle.touch(this.#config.limits.closingTimeoutMs);
    socket.end();
  }

  startTls(behind: Buffer = NO_OCTETS): void {
    const { tls, limits } = this.#config;
    const plain = this.#socket;
    this.#handshaking = true;
    this.#idle.touch(limits.tlsHandshakeTimeoutMs);
    plain.removeAllListeners('data');
    plain.removeAllListeners('end');
    plain.removeAllListeners('drain');
    plain.pause();
    // The first octets of the handshake may have come in one piece with the PROXY header.
    if (behind.length > 0) plain.unshift(behind);
    const secure = new TLSSocket(plain, {
      isServer: true,
      secureContext: tls!.secureContextFor(null),
      SNICallback: (servername, done) => {
        try {
          done(null, tls!.secureContextFor(servername));
        } catch (error) {
          done(error as Error);
        }
      },
    });
    this.#socket = secure;
    this.#listen(secure);
    secure.once('secure', () => {
      this.#handshaking = false;
      const first = this.#dialog!.state.tls === null && this.#config.service === 'submissions';
      this.#secured(secure);
      if (first) this.#greetLater(NO_OCTETS);
    });
  }

  #secured(socket: TLSSocket): void {
    const { name, standardName } = socket.getCipher();
    const servername = (socket as { servername?: string | false }).servername;
    this.#dialog!.secured({
      version: socket.getProtocol() ?? '',
      cipher: standardName ?? name,
      ...(typeof servername === 'string' && servername !== '' ? { servername } : {}),
      channelBindings: () => channelBindings(socket, ownCertificate(socket)),
    });
  }
}

/** The certificate that we showed, in DER. */
function ownCertificate(socket: TLSSocket): Buffer | null {
  const certificate = socket.getCertificate();
  return certificate !== null && 'raw' in certificate ? (certificate.raw ?? null) : null;
}
