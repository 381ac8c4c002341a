// Raw dialogs for a running server: the wire scripts and the corpus as they are, and mutations of them that follow from
// a seed.
import { globSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { basename, extname, join } from 'node:path';
import { parseWireScript, unescapeOctets } from './wire-script.ts';

export interface HostileDialog {
  readonly name: string;
  /** Which port it is for: the file's ending. */
  readonly ending: string;
  /** Octets that leave together; between pieces something is waited for. */
  readonly pieces: readonly Buffer[];
}

const TEST = join(import.meta.dirname, '..');
/** How long a piece waits for an answer to the one before; hostile clients do not wait longer either. */
const ANSWER_WAIT_MS = 25;
const CLOSE_WAIT_MS = 250;
const STEP_MS = 5;
const OCTETS_MAX = 300_000;
const TOKENS = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  '\r\n.\r\n',
  '\r\n.\n',
  '.\r\n',
  '<',
  '>',
  '@',
  ':',
  '=',
  ' ',
  '"',
  '\\',
  '*',
  'DATA\r\n',
  'RSET\r\n',
  'QUIT\r\n',
  'BDAT 10 LAST\r\n',
  'STARTTLS\r\n',
  'AUTH PLAIN\r\n',
  'MAIL FROM:<>\r\n',
  'RCPT TO:<ann@one.test>\r\n',
  'EHLO c\r\n',
  'LHLO c\r\n',
  'RETR 1\r\n',
  'DELE 1\r\n',
  'TOP 1 1\r\n',
  'STLS\r\n',
  'a LOGIN {5+}\r\n',
  'a IDLE\r\n',
  'a FETCH 1:* BODY[]\r\n',
  ' {3+}\r\n',

  'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
  '\r\n\r\n\0\r\nQUIT\n',
  '99999999999999999999',
  '\xff\xfe',
  'é',
  '=?x?B?',
];

/** Everything in test/wire and test/fuzz/corpus/dialogs. */
export function readDialogs(): HostileDialog[] {
  const files = [...globSync('wire/*/*', { cwd: TEST }), ...globSync('fuzz/corpus/dialogs/*', { cwd: TEST })];
  return files.sort().map((file) => {
    const pieces: Buffer[] = [];
    let piece = '';
    for (const { kind, text } of parseWireScript(readFileSync(join(TEST, file), 'utf8')).steps) {
      if (kind === 'C:') piece += `${Buffer.from(text).toString('latin1')}\r\n`;
      else if (kind === 'C>') piece += unescapeOctets(text);
      else if (piece !== '') {
        pieces.push(Buffer.from(piece, 'latin1'));
        piece = '';
      }
    }
    if (piece !== '') pieces.push(Buffer.from(piece, 'latin1'));
    return { name: basename(file), ending: extname(file).slice(1), pieces };
  });
}

/** Numbers in [0, 1) that follow from the seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One dialog changed in a few places, or put together from two. */
export function mutate(dialogs: readonly HostileDialog[], random: () => number): HostileDialog {
  const below = (count: number): number => Math.floor(random() * count);
  const base = dialogs[below(dialogs.length)] as HostileDialog;
  const pieces = [...base.pieces];
  if (random() < 0.2) pieces.splice(below(pieces.length + 1), 0, ...(dialogs[below(dialogs.length)]?.pieces ?? []));
  for (let changes = 1 + below(4); changes > 0 && pieces.length > 0; changes--) {
    const at = below(pieces.length);
    const changed = changePiece(pieces[at] as Buffer, below);
    pieces[at] = changed.length > OCTETS_MAX ? changed.subarray(0, OCTETS_MAX) : changed;
  }
  return { name: `a mutation of ${base.name}`, ending: base.ending, pieces };
}

function changePiece(piece: Buffer, below: (count: number) => number): Buffer {
  const from = below(piece.length + 1);
  const to = Math.min(piece.length, from + below(40));
  const [before, range, after] = [piece.subarray(0, from), piece.subarray(from, to), piece.subarray(to)];
  const token = Buffer.from(TOKENS[below(TOKENS.length)] ?? '', 'latin1');
  switch (below(6)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, token, range, after]);
    case 2:
      return Buffer.concat([before, token, after]);
    case 3:
      return Buffer.concat([before, ...Array.from({ length: 2 + below(2000) }, () => range), after]);
    case 4:
      return Buffer.concat([before, Buffer.from(range.map((octet) => octet ^ (1 << below(8)))), after]);
    default:
      return piece.subarray(0, from);
  }
}

/**
 * Says it all and ends its side. Resolves when the server has closed, or when the client is tired of waiting and cuts the
 * connection: faults are answered with growing delays.
 */
export async function playDialog(dialog: HostileDialog, port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const state = { closed: false, answers: 0 };
  const over = new Promise<void>((resolve) => {
    const end = (): void => {
      state.closed = true;
      resolve();
    };
    socket.on('end', end);
    socket.on('close', end);
  });
  socket.on('error', () => {});
  socket.on('data', () => state.answers++);
  await Promise.race([once(socket, 'connect').catch(() => {}), over]);
  for (const piece of dialog.pieces) {
    if (state.closed) break;
    const { answers } = state;
    socket.write(piece);
    for (let waitedMs = 0; waitedMs < ANSWER_WAIT_MS && answers === state.answers; waitedMs += STEP_MS)
      await pause(STEP_MS);
  }
  socket.end();
  for (let waitedMs = 0; waitedMs < CLOSE_WAIT_MS && !state.closed; waitedMs += STEP_MS) await pause(STEP_MS);
  if (state.closed) socket.destroy();
  else socket.resetAndDestroy();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
