// The command line of sendmail, as far as programs use it today. Letters may stand together (`-ti`); a value stands in
// the same word or the next.
import { isEnvid, NO_WISHES, parseNotify, parseRet, type DsnWishes } from '../../services/drop/dsn-wishes.ts';
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
  /** -N, -R, -V */
  readonly dsn: DsnWishes;
  readonly json: boolean;
  readonly help: boolean;
}

/** Letters with a value that means something to us. */
const VALUES = 'fFrNRV';
/** Letters with a value that we take and forget: body type, file names, debugging … */
const FORGOTTEN_VALUES = 'ABCDhLMOopXde';
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
  dsn: DsnWishes;
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
    dsn: NO_WISHES,
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
  if (letter === 'N' || letter === 'R' || letter === 'V') readWish(letter, value, reading);
  return usesNext ? 1 : 0;
}

function readWish(letter: 'N' | 'R' | 'V', value: string, reading: Reading): void {
  const notify = letter === 'N' ? parseNotify(value) : reading.dsn.notify;
  if (letter === 'N' && notify === null) {
    throw new UsageError(`'-N ${value}' is none of never, or success, failure and delay with commas between`);
  }
  const ret = letter === 'R' ? parseRet(value) : reading.dsn.ret;
  if (letter === 'R' && ret === null) throw new UsageError(`'-R ${value}' is neither full nor hdrs`);
  if (letter === 'V' && !isEnvid(value)) throw new UsageError(`'-V' wants up to 33 printable characters`);
  reading.dsn = { notify, ret, envid: letter === 'V' ? value : reading.dsn.envid };
}

function requireSending(letter: string, value: string): 0 {
  // -bm is what this does anyway.
  if (letter === 'b' && value === 'm') return 0;
  const elsewhere = ELSEWHERE[letter === 'q' ? 'q' : `b${value}`];
  throw new UsageError(
    `'-${letter}${value}' is not done by this command${elsewhere === undefined ? '' : `: ${elsewhere}`}`,
  );
}
