// Which command may be used in which state, and what runs it. RFC 1939 §4–6, RFC 2449 §5, RFC 6856 §2.
import type { Pop3Command, Pop3CommandOf, Pop3Verb } from '../../commands.ts';
import type { Pop3Dialog } from '../dialog.ts';
import { runAuth } from './auth.ts';
import { runCapa } from './capa.ts';
import { runDele } from './dele.ts';
import { runLang } from './lang.ts';
import { runList, runUidl } from './list.ts';
import { runNoop } from './noop.ts';
import { runPass } from './pass.ts';
import { runQuit } from './quit.ts';
import { runRetr, runTop } from './retr.ts';
import { runRset } from './rset.ts';
import { runStat } from './stat.ts';
import { runStls } from './stls.ts';
import { runUser } from './user.ts';
import { runUtf8 } from './utf8.ts';

interface CommandEntry<V extends Pop3Verb> {
  readonly phase: 'authorization' | 'transaction' | 'both';
  readonly run: (dialog: Pop3Dialog, command: Pop3CommandOf<V>) => void | Promise<void>;
}

const COMMANDS: { readonly [V in Pop3Verb]: CommandEntry<V> } = {
  USER: { phase: 'authorization', run: runUser },
  PASS: { phase: 'authorization', run: runPass },
  AUTH: { phase: 'authorization', run: runAuth },
  STLS: { phase: 'authorization', run: runStls },
  UTF8: { phase: 'authorization', run: runUtf8 },
  CAPA: { phase: 'both', run: runCapa },
  LANG: { phase: 'both', run: runLang },
  NOOP: { phase: 'both', run: runNoop },
  QUIT: { phase: 'both', run: runQuit },
  STAT: { phase: 'transaction', run: runStat },
  LIST: { phase: 'transaction', run: runList },
  UIDL: { phase: 'transaction', run: runUidl },
  RETR: { phase: 'transaction', run: runRetr },
  TOP: { phase: 'transaction', run: runTop },
  DELE: { phase: 'transaction', run: runDele },
  RSET: { phase: 'transaction', run: runRset },
};

/** Runs a command, or answers that this is not its state. A promise only where something must be waited for. */
export function runCommand(dialog: Pop3Dialog, command: Pop3Command): void | Promise<void> {
  const entry = COMMANDS[command.verb] as CommandEntry<Pop3Verb>;
  if (entry.phase === 'both' || entry.phase === dialog.phase) return entry.run(dialog, command);
  dialog.error(null, entry.phase === 'transaction' ? 'Sign in first' : 'Not after signing in');
  return undefined;
}
