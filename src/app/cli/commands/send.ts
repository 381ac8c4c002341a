// `postroad send`: a message from standard input, like sendmail. Any user may; the server may be down. It is put into the
// drop folder, from which the server takes it; done is done only when it is on disk.
import { userInfo } from 'node:os';
import { mailboxesOf, parseAddressList } from '../../../formats/address/address-list.ts';
import { parseAddrSpec, formatAddrSpec } from '../../../formats/address/parse.ts';
import { scanHeader } from '../../../formats/header/scan.ts';
import { formatDropHead } from '../../../services/drop/drop-file.ts';
import { headerRecipients } from '../../../services/drop/drop-envelope.ts';
import { dropFolderPath } from '../../../services/drop/prepare-drop-folder.ts';
import { writeDropFile } from '../../../services/drop/write-drop-file.ts';
import { readConfig } from '../../config/load-config.ts';
import { readMessage } from '../../send/read-message.ts';
import { parseSendmailArguments, type SendmailArguments } from '../../send/sendmail-arguments.ts';
import { CommandError, EXIT_DONE, UsageError, type Command, type CommandContext } from '../command.ts';
import { commandText } from '../help-text.ts';

/** EX_TEMPFAIL of sysexits(3): try again later. */
const EXIT_LATER = 75;
/** Octets of a message where the configuration may not be read. */
const MESSAGE_MAX_BYTES = 50 * 1024 * 1024;

export const sendCommand: Command = {
  name: 'send',
  synopsis: '[-t] [-i] [-f SENDER] [-F NAME] [-N WHEN] [-R WHAT] [-V ID] [RECIPIENT…]',
  summary: 'Sends the message on standard input, like sendmail',
  doc: "-t takes recipients from To, Cc and Bcc as well; -i, -oi: a lone dot does not end the message; -f: the envelope sender, '' for none; -F: the name in a From field that is added; -N: what to report (never, or success, failure and delay with commas between), -R: whether reports hold the message (full) or its header (hdrs), -V: an id that they name. Other options of sendmail are taken and forgotten. Works for every user, whether or not the server runs: the message goes into the folder drop in the data folder. Ends with 0 only when it is on disk, with 75 when it should be tried again. Where the configuration may not be read, the variable POSTROAD_DROP names the folder.",
  unparsed: true,
  run: send,
};

async function send(context: CommandContext): Promise<number> {
  const given = parseSendmailArguments(context.words);
  if (given.help) {
    context.print(commandText(context.command));
    return EXIT_DONE;
  }
  for (const text of given.recipients) requireAddresses(text);
  if (given.sender !== null && given.sender !== '') requireAddresses(given.sender);
  if (given.recipients.length === 0 && !given.fromHeader) throw new UsageError('name recipients, or say -t');
  const place = findPlace(context);
  const message = await readMessage(context.host.stdin, { maxBytes: place.maxBytes, isDotText: given.isDotText });
  const recipients = recipientsOf(given, message);
  const atMs = Date.now();
  const { name, dsn } = given;
  const head = formatDropHead({ sender: given.sender ?? userName(), name, recipients, atMs, dsn });
  const file = putDown(place.folder, [head, message], atMs);
  if (given.json || context.json) context.print(JSON.stringify({ file, recipients, octets: message.length }));
  return EXIT_DONE;
}

/** Throws UsageError for what is no list of addresses; names without a domain are the server's to complete. */
function requireAddresses(text: string): void {
  const list = parseAddressList(text);
  const mailboxes = mailboxesOf(list);
  const isGood = mailboxes.every(
    ({ address }) =>
      parseAddrSpec(formatAddrSpec({ ...address, domain: address.domain === '' ? 'localhost' : address.domain })) !==
      null,
  );
  if (!list.complete || mailboxes.length === 0 || !isGood) throw new UsageError(`'${text}' is no address`);
}

function recipientsOf({ recipients, fromHeader }: SendmailArguments, message: Buffer): readonly string[] {
  if (!fromHeader) return recipients;
  const all = [...recipients, ...headerRecipients(scanHeader(message))];
  if (mailboxesOf(parseAddressList(all.join(','))).length === 0) {
    throw new UsageError('there is no recipient: To, Cc and Bcc are empty; name one');
  }
  return all;
}

/** Who sends, without a domain. */
function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    // A user without a name; the server looks at From.
    return null;
  }
}

function findPlace(context: CommandContext): { folder: string; maxBytes: number } {
  const named = context.host.env['POSTROAD_DROP'];
  if (named !== undefined) return { folder: named, maxBytes: MESSAGE_MAX_BYTES };
  try {
    const config = readConfig(context.configPath, context.host.folder);
    return { folder: dropFolderPath(config.data), maxBytes: config.limits.messageMaxBytes };
  } catch (error) {
    throw later(error);
  }
}

function putDown(folder: string, pieces: readonly Buffer[], atMs: number): string {
  try {
    return writeDropFile(folder, pieces, atMs);
  } catch (error) {
    throw later(error, folder);
  }
}

/** The reason in one line; the message is still the caller's. */
function later(error: unknown, folder = ''): CommandError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: `there is no folder ${folder}; start the server once`,
    EACCES: `this user may not write into ${folder}`,
    ENOSPC: 'the disk is full',
    EROFS: 'the disk is read-only',
  };
  const reason = (folder === '' ? undefined : reasons[code ?? '']) ?? message;
  return new CommandError(`not sent, try again later: ${reason}`, { exitCode: EXIT_LATER, cause: error });
}
