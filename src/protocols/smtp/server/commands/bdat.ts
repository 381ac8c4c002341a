// BDAT: RFC 3030 §2. A refused chunk is read to its end all the same, else its octets would be taken for commands.
import { isPromise } from '../../../../base/async/maybe-promise.ts';
import { SyntaxFault } from '../../../../base/errors/syntax-fault.ts';
import { parseBdatArgument } from '../../parse.ts';
import { reply, type SmtpReply } from '../../reply.ts';
import { endChunk } from '../chunk-reader.ts';
import type { SmtpDialog } from '../dialog.ts';
import { TextChecker } from '../text-scan.ts';
import { TOO_LARGE } from '../transaction.ts';
import { messageRefusal, openMessage } from './open-message.ts';

const NOT_OFFERED = reply(502, '5.5.1', 'BDAT is not offered here');

/** BDAT octets [LAST] */
export function bdat(dialog: SmtpDialog, argument: string): void | Promise<void> {
  const wanted = parseOrEnd(dialog, argument);
  if (wanted === null) return undefined;
  const { octets, last } = wanted;
  const { limits } = dialog.config;
  if (octets > limits.swallowMaxBytes) return dialog.end(552, '5.3.4', 'Chunk is larger than this server takes');
  const refusal = dialog.offered.has('CHUNKING') ? messageRefusal(dialog) : NOT_OFFERED;
  if (refusal !== null) {
    dialog.budget.countIdleCommand();
    return dialog.endWhenSpent() ? undefined : begin(dialog, octets, last, refusal);
  }
  const transaction = dialog.transaction!;
  if ((transaction.intake?.octets ?? 0) + octets > limits.messageMaxBytes) {
    transaction.intake?.refuse(TOO_LARGE);
    if (transaction.intake === null) dialog.forgetTransaction();
    return begin(dialog, octets, last, transaction.intake === null ? TOO_LARGE : null);
  }
  if (transaction.intake !== null) return begin(dialog, octets, last, null);
  const verdict = openMessage(dialog, transaction);
  return isPromise(verdict)
    ? verdict.then((v) => opened(dialog, octets, last, v))
    : opened(dialog, octets, last, verdict);
}

/** Without a number nobody can tell where the chunk ends: the connection is over. */
function parseOrEnd(dialog: SmtpDialog, argument: string): { octets: number; last: boolean } | null {
  try {
    return parseBdatArgument(argument);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    dialog.end(501, '5.5.4', 'Syntax: BDAT octets [LAST]');
    return null;
  }
}

function opened(dialog: SmtpDialog, octets: number, last: boolean, refusal: SmtpReply | null): void | Promise<void> {
  if (dialog.ended) return undefined;
  const transaction = dialog.transaction!;
  if (refusal === null && transaction.parameters.body !== 'BINARYMIME') {
    transaction.checker = new TextChecker(dialog.config.limits.textLineMaxOctets);
  }
  return begin(dialog, octets, last, refusal);
}

function begin(dialog: SmtpDialog, octets: number, last: boolean, refusal: SmtpReply | null): void | Promise<void> {
  dialog.chunk = { octets, left: octets, last, refusal };
  dialog.mode = 'chunk';
  dialog.expectWithin(dialog.config.limits.dataTimeoutMs);
  return octets === 0 ? endChunk(dialog, undefined) : undefined;
}
