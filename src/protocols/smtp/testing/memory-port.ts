// A dialog without a socket: what it said, and whether it wants to be read from. For tests.
import { silentLog } from '../../../base/log.ts';
import { SmtpDialog, type DialogPort } from '../server/dialog.ts';
import { smtpServerConfig, type SmtpServerOptions } from '../server/options.ts';
import { readInput } from '../server/read-input.ts';
import { MemoryMail, type MemoryMailOptions } from './memory-session.ts';

/** Records what a dialog does to its connection. */
export class MemoryPort implements DialogPort {
  /** One entry for each write. */
  readonly writes: string[] = [];
  readonly deadlines: number[] = [];
  reading = true;
  finished = false;
  tlsStarted = false;
  /** What `send` returns: whether the client reads. */
  clientReads = true;

  send(text: string, encoding: 'latin1' | 'utf8'): boolean {
    this.writes.push(Buffer.from(text, encoding).toString());
    return this.clientReads;
  }

  pauseReading(): void {
    this.reading = false;
  }

  resumeReading(): void {
    this.reading = true;
  }

  startTls(): void {
    this.tlsStarted = true;
  }

  finish(): void {
    this.finished = true;
  }

  expectWithin(ms: number): void {
    this.deadlines.push(ms);
  }

  touch(): void {}

  /** Everything said since the last call. */
  take(): string {
    return this.writes.splice(0).join('');
  }
}

export interface MemoryDialog {
  readonly dialog: SmtpDialog;
  readonly port: MemoryPort;
  readonly mail: MemoryMail;
  /** Lets the client say something; what the server had said at once. */
  readonly say: (text: string) => string;
}

/** A dialog with its banner said. */
export function openMemoryDialog(
  options: Pick<SmtpServerOptions, 'clock'> & Partial<SmtpServerOptions>,
  mailOptions: MemoryMailOptions = {},
): MemoryDialog {
  const mail = new MemoryMail(mailOptions);
  const config = smtpServerConfig({
    service: 'smtp',
    hostname: 'mx.one.test',
    tls: null,
    log: silentLog,
    createSession: () => mail.createSession(),
    ...options,
  });
  const port = new MemoryPort();
  const peer = {
    service: config.service,
    address: '192.0.2.1',
    port: 50_000,
    localAddress: '192.0.2.2',
    localPort: 25,
  };
  const dialog = new SmtpDialog(config, port, { peer, helo: '', extended: false, tls: null, account: null }, readInput);
  dialog.start(() => dialog.greet());
  return {
    dialog,
    port,
    mail,
    say: (text) => {
      dialog.receive(Buffer.from(text));
      return port.take();
    },
  };
}
