// The command line of sendmail, as far as programs use it today. Letters may stand together (`-ti`); a value stands in
// the same word or the next.
import { UsageError } from '../cli/command.ts';

export interface SendmailArguments {
  /** -f or -r; '' and '<>' are the null sender; null: not said. */
  readonly sender: string | null;
  /** -F */
  readonly name: string | null;
  readonly recipients: readonly string[];
  /** -t: those of To, Cc and Bcc too. */
  readonly fromHeader: boolean;
  /** -i, -oi: a lone dot is text; else it ends the message. */
  readonly isDotText: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** Letters with a value that means something to us. */
const VALUES = 'fFr';
/** Letters with a value that we take and forget: body type, DSN wishes, file names, debugging … */
const FORGOTTEN_VALUES = 'ABCDhLMNOopRVXde';
/** Letters without a value that we take and forget. */
const FORGOTTEN = 'GUmnsv';
/** Values of these are in the same word or missing. */
const ATTACHED = 'oMde';

/** What `-b` and `-q` ask of other programs, and who does it here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  bp: "'postroad queue list' lists the queue",
  bd: "'postroad serve' is the server",
  bs: 'SMTP is spoken on the ports of the server',
  bi: 'aliases need no rebuilding here',
  q: "'postroad queue retry --all' runs the queue",
};

interface Reading {
  sender: string | null;
  name: string | null;
  fromHeader: boolean;
  isDotText: boolean;
  json: boolean;
  help: boolean;
  readonly recipients: string[];
}

/** Reads the words behind `send`. Throws UsageError. */
export function parseSendmailArguments(words: readonly string[]): SendmailArguments {
  const reading: Reading = {
    sender: null,
    name: null,
    fromHeader: false,
    isDotText: false,
    json: false,
    help: false,
    recipients: [],
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') {
      reading.recipients.push(...words.slice(at + 1));
      break;
    }
    if (word === '--json') reading.json = true;
    else if (word === '--help' || word === '-h') reading.help = true;
    else if (word.startsWith('--'))
      throw new UsageError(`there is no option '${word}'; 'postroad send --help' lists them`);
    else if (word.length > 1 && word.startsWith('-')) at += readLetters(word.slice(1), words[at + 1], reading);
    else reading.recipients.push(word);
  }
  return reading;
}

/** Reads one word of letters; how many words behind it were used. */
function readLetters(letters: string, next: string | undefined, reading: Reading): 0 | 1 {
  for (let at = 0; at < letters.length; at++) {
    const letter = letters.charAt(at);
    const attached = letters.slice(at + 1);
    if (letter === 't') reading.fromHeader = true;
    else if (letter === 'i') reading.isDotText = true;
    else if (letter === 'b' || letter === 'q') return requireSending(letter, attached);
    else if (VALUES.includes(letter) || FORGOTTEN_VALUES.includes(letter))
      return readValue(letter, attached, next, reading);
    else if (!FORGOTTEN.includes(letter)) {
      throw new UsageError(`there is no option '-${letter}'; 'postroad send --help' lists them`);
    }
  }
  return 0;
}

function readValue(letter: string, attached: string, next: string | undefined, reading: Reading): 0 | 1 {
  const usesNext = attached === '' && !ATTACHED.includes(letter);
  const value = usesNext ? next : attached;
  if (value === undefined) throw new UsageError(`option '-${letter}' needs a value`);
  if (letter === 'o' && value === 'i') reading.isDotText = true;
  if (letter === 'f' || letter === 'r') reading.sender = value === '<>' ? '' : value;
  if (letter === 'F') reading.name = value;
  return usesNext ? 1 : 0;
}

function requireSending(letter: string, value: string): 0 {
  // -bm is what this does anyway.
  if (letter === 'b' && value === 'm') return 0;
  const elsewhere = ELSEWHERE[letter === 'q' ? 'q' : `b${value}`];
  throw new UsageError(
    `'-${letter}${value}' is not done by this command${elsewhere === undefined ? '' : `: ${elsewhere}`}`,
  );
}
