// Which command may be used in which state, and what runs it. RFC 9051 §6.
import { isPromise, type MaybePromise } from '../../../../base/async/maybe-promise.ts';
import { SyntaxFault } from '../../../../base/errors/syntax-fault.ts';
import { CommandCursor } from '../../grammar/cursor.ts';
import { TAG_MAX_OCTETS } from '../../limits.ts';
import type { AnyCommand } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { bad, type Outcome } from '../outcome.ts';
import { synchronize } from '../synchronize.ts';
import { AUTHENTICATE } from './authenticate.ts';
import { CANCELUPDATE } from './cancelupdate.ts';
import { CAPABILITY } from './capability.ts';
import { CLOSE, UNSELECT } from './close.ts';
import { COMPRESS } from './compress.ts';
import { COPY, MOVE, UID_COPY, UID_MOVE } from './copy.ts';
import { CREATE } from './create.ts';
import { DELETE } from './delete.ts';
import { ENABLE } from './enable.ts';
import { ESEARCH } from './esearch.ts';
import { EXPUNGE, UID_EXPUNGE } from './expunge.ts';
import { FETCH, UID_FETCH } from './fetch.ts';
import { ID } from './id.ts';
import { IDLE } from './idle.ts';
import { LIST, LSUB } from './list.ts';
import { LOGIN } from './login.ts';
import { LOGOUT } from './logout.ts';
import { NAMESPACE } from './namespace.ts';
import { CHECK, NOOP } from './noop.ts';
import { RENAME } from './rename.ts';
import { SEARCH, UID_SEARCH } from './search.ts';
import { EXAMINE, SELECT } from './select.ts';
import { SORT, UID_SORT } from './sort.ts';
import { STARTTLS } from './starttls.ts';
import { STATUS } from './status.ts';
import { STORE, UID_STORE } from './store.ts';
import { SUBSCRIBE, UNSUBSCRIBE } from './subscribe.ts';
import { THREAD, UID_THREAD } from './thread.ts';
import { UNAUTHENTICATE } from './unauthenticate.ts';

const COMMANDS: ReadonlyMap<string, AnyCommand> = new Map(
  Object.entries({
    AUTHENTICATE,
    CANCELUPDATE,
    CAPABILITY,
    CHECK,
    CLOSE,
    COMPRESS,
    COPY,
    CREATE,
    DELETE,
    ENABLE,
    ESEARCH,
    EXAMINE,
    EXPUNGE,
    FETCH,
    ID,
    IDLE,
    LIST,
    LOGIN,
    LOGOUT,
    LSUB,
    MOVE,
    NAMESPACE,
    NOOP,
    RENAME,
    SEARCH,
    SELECT,
    SORT,
    STARTTLS,
    STATUS,
    STORE,
    SUBSCRIBE,
    THREAD,
    UNAUTHENTICATE,
    UNSELECT,
    UNSUBSCRIBE,
    'UID COPY': UID_COPY,
    'UID EXPUNGE': UID_EXPUNGE,
    'UID FETCH': UID_FETCH,
    'UID MOVE': UID_MOVE,
    'UID SEARCH': UID_SEARCH,
    'UID SORT': UID_SORT,
    'UID STORE': UID_STORE,
    'UID THREAD': UID_THREAD,
  }),
);

/** A command at work and the tag of its answer; null: there is none. */
export interface TaggedCommand {
  readonly tag: string | null;
  readonly done: Promise<Outcome | null>;
}

/** tag: ASTRING characters but '+'. */
const TAG = /^[^(){ %*"\\+\u0000-\u001f\u007f-\u00ff]+(?= |$)/u;

/** The tag that a command's text begins with; '*' when there is none. */
export function tagOf(text: string): string {
  const tag = TAG.exec(text.slice(0, TAG_MAX_OCTETS + 1))?.[0] ?? '*';
  return tag.length > TAG_MAX_OCTETS ? '*' : tag;
}

/** Reads and runs one command; a promise only where something must be waited for. Throws SyntaxFault. */
export function runCommand(dialog: ImapDialog, text: string): MaybePromise<Outcome> {
  const tag = tagOf(text);
  if (tag === '*') throw new SyntaxFault('a tag', 0);
  dialog.tag = tag;
  const cursor = new CommandCursor(text, tag.length);
  cursor.space();
  const spec = takeCommand(cursor);
  const refusal = refusePhase(dialog, spec);
  if (refusal !== null) return refusal;
  const outcome = spec.run(dialog, spec.parse(cursor, dialog));
  if (isPromise(outcome)) return outcome.then((ready) => tellNews(dialog, spec, ready));
  return tellNews(dialog, spec, outcome);
}

function takeCommand(cursor: CommandCursor): AnyCommand {
  const at = cursor.position;
  const word = cursor.keyword('a command');
  if (word === 'UID') cursor.space();
  const spec = COMMANDS.get(word === 'UID' ? `UID ${cursor.keyword('a command')}` : word);
  if (spec === undefined) throw new SyntaxFault('a command that is known', at);
  return spec;
}

function refusePhase(dialog: ImapDialog, { phase }: AnyCommand): Outcome | null {
  const now = dialog.phase;
  if (phase === 'any' || phase === now || (phase === 'authenticated' && now === 'selected')) return null;
  if (phase === 'not-authenticated') return bad('Not after signing in');
  return now === 'not-authenticated' ? bad('Sign in first') : bad('Select a mailbox first');
}

function tellNews(dialog: ImapDialog, { news }: AnyCommand, outcome: Outcome): MaybePromise<Outcome> {
  if (news === 'nothing' || dialog.selected === null) return outcome;
  const told = synchronize(dialog, news === 'all');
  return isPromise(told) ? told.then(() => outcome) : outcome;
}
