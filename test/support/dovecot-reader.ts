// Dovecot's IMAP over a maildir of given messages, without a daemon: the process that serves one signed-in connection,
// over pipes. It needs root, to run as nobody.
import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImapValueReader, type ImapValue } from './imap-value.ts';

const IMAP_PROGRAM = '/usr/lib/dovecot/imap';
const NOBODY = 65_534;

const CONFIGURATION = (folder: string): string => `
log_path = ${folder}/log
base_dir = ${folder}/run
state_dir = ${folder}/state
mail_location = maildir:${folder}/mail
first_valid_uid = ${NOBODY}
last_valid_uid = ${NOBODY}
ssl = no
`;

export interface TaggedAnswer {
  /** The tagged line behind the tag: `OK …`, `NO …`. */
  readonly status: string;
  /** Everything before it. */
  readonly text: string;
}

export class DovecotReader {
  readonly #folder: string;
  readonly #child: ChildProcess;
  #chunks: Buffer[] = [];
  #waiting: { tag: string; resolve: (answer: TaggedAnswer) => void; reject: (error: Error) => void } | null = null;
  #count = 0;

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder;
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => this.#take(chunk));
    child.on('exit', () => this.#waiting?.reject(new Error('Dovecot ended')));
  }

  /** Message 1 is the first of the list, and so on. */
  static async start(messages: readonly Buffer[]): Promise<DovecotReader> {
    const folder = mkdtempSync(join(tmpdir(), 'postroad-dovecot-reader-'));
    for (const name of ['mail', 'mail/cur', 'mail/new', 'mail/tmp', 'run', 'state']) {
      mkdirSync(join(folder, name));
      chownSync(join(folder, name), NOBODY, NOBODY);
    }
    chownSync(folder, NOBODY, NOBODY);
    for (const [i, message] of messages.entries()) {
      writeFileSync(join(folder, 'mail/cur', `${1_000_000_000 + i}.M1P1.one:2,`), message, { mode: 0o644 });
    }
    const configuration = join(folder, 'dovecot.conf');
    writeFileSync(configuration, CONFIGURATION(folder));
    const child = spawn(IMAP_PROGRAM, ['-c', configuration], {
      uid: NOBODY,
      gid: NOBODY,
      cwd: folder,
      env: { USER: 'nobody', HOME: folder },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const reader = new DovecotReader(folder, child);
    const { text, status } = await reader.ask('SELECT INBOX');
    if (!status.startsWith('OK') || !text.includes(`* ${messages.length} EXISTS`)) throw new Error(`${text}${status}`);
    return reader;
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    if (this.#waiting === null || chunk.at(-1) !== 0x0a) return;
    const text = Buffer.concat(this.#chunks).toString('latin1');
    const lineStart = text.lastIndexOf('\n', text.length - 2) + 1;
    const { tag, resolve } = this.#waiting;
    if (!text.startsWith(`${tag} `, lineStart)) return;
    this.#waiting = null;
    this.#chunks = [];
    resolve({ status: text.slice(lineStart + tag.length + 1), text: text.slice(0, lineStart) });
  }

  /** One command and its whole answer. */
  ask(command: string): Promise<TaggedAnswer> {
    const tag = `quiz${++this.#count}`;
    const { promise, resolve, reject } = Promise.withResolvers<TaggedAnswer>();
    this.#waiting = { tag, resolve, reject };
    this.#child.stdin?.write(Buffer.from(`${tag} ${command}\r\n`, 'latin1'));
    return promise;
  }

  /** What FETCH says about one message, by item; null when it is refused. */
  async fetch(number: number, items: string): Promise<Map<string, ImapValue> | null> {
    const { text, status } = await this.ask(`FETCH ${number} (${items})`);
    if (!status.startsWith('OK')) return null;
    const found = new Map<string, ImapValue>();
    const head = /\* \d+ FETCH /g;
    const start = head.exec(text);
    if (start === null) return found;
    const list = new ImapValueReader(text, head.lastIndex).read() as readonly ImapValue[];
    for (let i = 0; i + 1 < list.length; i += 2) found.set(String(list[i]), list[i + 1]!);
    return found;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin?.end();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
