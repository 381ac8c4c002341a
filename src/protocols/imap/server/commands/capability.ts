// CAPABILITY, RFC 9051 §6.1.1. One table: what is named here works.
import { command, noArguments } from '../command-spec.ts';
import type { ImapDialog } from '../dialog.ts';
import { ok } from '../outcome.ts';

const ALWAYS = ['IMAP4rev1', 'IMAP4rev2', 'LITERAL+', 'SASL-IR', 'ID', 'ENABLE'];

/** Worth nothing before sign-in. */
const SIGNED_IN = [
  'IDLE',
  'NAMESPACE',
  'CHILDREN',
  'UIDPLUS',
  'MULTIAPPEND',
  'UNSELECT',
  'MOVE',
  'CONDSTORE',
  'QRESYNC',
  'ESEARCH',
  'SORT',
  'SORT=DISPLAY',
  'ESORT',
  'THREAD=ORDEREDSUBJECT',
  'THREAD=REFERENCES',
  'THREAD=REFS',
  'CONTEXT=SEARCH',
  'CONTEXT=SORT',
  'INPROGRESS',
  'MULTISEARCH',
  'PARTIAL',
  'SEARCH=FUZZY',
  'UNAUTHENTICATE',
  'SEARCHRES',
  'WITHIN',
  'LIST-EXTENDED',
  'LIST-STATUS',
  'SPECIAL-USE',
  'CREATE-SPECIAL-USE',
  'STATUS=SIZE',
  'STATUS=DELETED',
  'OBJECTID',
  'SAVEDATE',
  'PREVIEW',
  'UTF8=ACCEPT',
  'BINARY',
];

/** What can be had in this state, separated by spaces. */
export function capabilities(dialog: ImapDialog): string {
  const { session, state } = dialog.parts;
  const names = [...ALWAYS];
  if (dialog.phase === 'not-authenticated') {
    if (state.tls === null && dialog.transport.tlsOffered) names.push('STARTTLS');
    names.push(...session.saslMechanisms(state).map((mechanism) => `AUTH=${mechanism}`));
    if (!session.passwordAllowed(state)) names.push('LOGINDISABLED');
    return names.join(' ');
  }
  names.push(...SIGNED_IN);
  names.push(`APPENDLIMIT=${dialog.account.appendMaxOctets}`);
  if (!dialog.transport.compressed) names.push('COMPRESS=DEFLATE');
  return names.join(' ');
}

export const CAPABILITY = command({
  phase: 'any',
  parse: noArguments,
  run(dialog) {
    dialog.untagged(`CAPABILITY ${capabilities(dialog)}`);
    return ok('That is what there is');
  },
  news: 'nothing',
});
