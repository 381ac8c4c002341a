// The arguments of MAIL, RCPT and BDAT: paths and the parameters of every extension spoken here. Pure. A fault in the
// grammar is a SyntaxFault (501); a parameter that nobody offered is a MailError 'parameter-unsupported' (555).
import { MailError } from '../../base/errors/mail-error.ts';
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import { parseAddrSpec, parsePath } from '../../formats/address/parse.ts';
import type { AddrSpec, ReversePath } from '../../formats/address/addr-spec.ts';
import type { EnvelopeRecipient, MailParameters, Notify, RcptParameters } from './envelope.ts';
import type { SmtpExtension } from './extensions.ts';
import { ENVID_MAX_CHARACTERS, ORCPT_MAX_CHARACTERS, SIZE_MAX } from './limits.ts';
import { decodeUtf8Address, decodeXtext } from './xtext.ts';

export interface ParameterRules {
  /** What was advertised: parameters of other extensions are unknown. */
  readonly extensions: ReadonlySet<SmtpExtension>;
  /** Wall clock, for HOLDFOR. */
  readonly nowMs: number;
  /** RFC 4865 §4: the longest hold. */
  readonly futureReleaseMaxSeconds: number;
}

export interface ParsedMail {
  readonly reversePath: ReversePath;
  readonly parameters: MailParameters;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type MailDraft = Writable<MailParameters>;

const PARAMETER = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u0080-\u{10ffff}]+))?$/u;
const NON_ASCII = /[^\x00-\x7f]/;
const NO_MAIL_PARAMETERS: MailParameters = Object.freeze({});
const NO_RCPT_PARAMETERS: RcptParameters = Object.freeze({});

/** Reads what follows `MAIL FROM:`, decoded from UTF-8. */
export function parseMailArgument(text: string, rules: ParameterRules): ParsedMail {
  const { path, rest } = parsePath(text, { allowUtf8: rules.extensions.has('SMTPUTF8'), role: 'reverse' });
  const parameters = rest.trim() === '' ? NO_MAIL_PARAMETERS : parseMailParameters(rest, rules);
  if (path !== null && parameters.smtputf8 !== true) requireAscii(path);
  return { reversePath: path, parameters };
}

/** Reads what follows `RCPT TO:`; `smtputf8` when the transaction has it. */
export function parseRcptArgument(text: string, rules: ParameterRules, smtputf8: boolean): EnvelopeRecipient {
  const { path, rest } = parsePath(text, { allowUtf8: rules.extensions.has('SMTPUTF8'), role: 'forward' });
  if (path === null) throw new SyntaxFault('a recipient', 0);
  if (!smtputf8) requireAscii(path);
  const parameters = rest.trim() === '' ? NO_RCPT_PARAMETERS : parseRcptParameters(rest, rules, smtputf8);
  return { forwardPath: path, parameters };
}

/** Reads the argument of BDAT: octets, and whether this is the last chunk. RFC 3030 §2. */
export function parseBdatArgument(text: string): { octets: number; last: boolean } {
  const found = /^(\d{1,15})( +LAST)?$/i.exec(text);
  if (found === null) throw new SyntaxFault('a number of octets', 0);
  return { octets: Number(found[1]), last: found[2] !== undefined };
}

function requireAscii(path: AddrSpec): void {
  if (!NON_ASCII.test(path.localPart) && !NON_ASCII.test(path.domain)) return;
  throw new MailError('utf8-impossible', 'This address needs the SMTPUTF8 parameter on MAIL', { temporary: false });
}

function unsupported(keyword: string): MailError {
  const shown = keyword.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 40);
  return new MailError('parameter-unsupported', `Parameter ${shown} is not supported here`, { temporary: false });
}

/** Walks over ` KEY=VALUE KEY …`; a keyword that comes twice is a fault. */
function eachParameter(rest: string, take: (keyword: string, value: string) => void): void {
  const seen = new Set<string>();
  for (const word of rest.split(' ')) {
    if (word === '') continue;
    const found = PARAMETER.exec(word);
    if (found === null) throw new SyntaxFault('a parameter', 0);
    const keyword = found[1]!.toUpperCase();
    if (seen.has(keyword)) throw new SyntaxFault(`${keyword} only once`, 0);
    seen.add(keyword);
    take(keyword, found[2] ?? '');
  }
}

function parseMailParameters(rest: string, rules: ParameterRules): MailParameters {
  const draft: MailDraft = {};
  eachParameter(rest, (keyword, value) => {
    const rule = MAIL_PARAMETERS[keyword];
    if (rule === undefined || !rules.extensions.has(rule.extension)) throw unsupported(keyword);
    rule.take(draft, value, rules);
  });
  if (draft.body === 'BINARYMIME' && !rules.extensions.has('BINARYMIME')) throw unsupported('BODY=BINARYMIME');
  return draft;
}

interface MailParameterRule {
  readonly extension: SmtpExtension;
  take(draft: MailDraft, value: string, rules: ParameterRules): void;
}

/** RFC 6710 §4. */
function takePriority(draft: MailDraft, value: string): void {
  if (!/^(?:-?[1-9]|0)$/.test(value)) throw new SyntaxFault('a priority from -9 to 9', 0);
  draft.mtPriority = Number(value);
}

function takeFlag(name: string, value: string): true {
  if (value !== '') throw new SyntaxFault(`${name} without a value`, 0);
  return true;
}

const MAIL_PARAMETERS: Readonly<Record<string, MailParameterRule>> = Object.assign(
  Object.create(null) as Record<string, MailParameterRule>,
  {
    SIZE: { extension: 'SIZE', take: takeSize },
    BODY: { extension: '8BITMIME', take: takeBody },
    SMTPUTF8: {
      extension: 'SMTPUTF8',
      take: (draft, value) => void (draft.smtputf8 = takeFlag('SMTPUTF8', value)),
    },
    REQUIRETLS: {
      extension: 'REQUIRETLS',
      take: (draft, value) => void (draft.requiretls = takeFlag('REQUIRETLS', value)),
    },
    RET: { extension: 'DSN', take: takeRet },
    ENVID: { extension: 'DSN', take: takeEnvid },
    AUTH: { extension: 'AUTH', take: takeAuth },
    HOLDFOR: { extension: 'FUTURERELEASE', take: takeHoldFor },
    HOLDUNTIL: { extension: 'FUTURERELEASE', take: takeHoldUntil },
    BY: { extension: 'DELIVERBY', take: takeDeliverBy },
    'MT-PRIORITY': { extension: 'MT-PRIORITY', take: takePriority },
  } satisfies Record<string, MailParameterRule>,
);

/** RFC 1870 §4. */
function takeSize(draft: MailDraft, value: string): void {
  if (!/^\d{1,20}$/.test(value)) throw new SyntaxFault('SIZE in octets', 0);
  draft.size = Math.min(Number(value), SIZE_MAX);
}

/** RFC 6152 §2, RFC 3030 §3. */
function takeBody(draft: MailDraft, value: string): void {
  const body = value.toUpperCase();
  if (body !== '7BIT' && body !== '8BITMIME' && body !== 'BINARYMIME') throw new SyntaxFault('a body type', 0);
  draft.body = body;
}

/** RFC 3461 §4.3. */
function takeRet(draft: MailDraft, value: string): void {
  const ret = value.toUpperCase();
  if (ret !== 'FULL' && ret !== 'HDRS') throw new SyntaxFault('RET=FULL or RET=HDRS', 0);
  draft.ret = ret;
}

/** RFC 3461 §4.4. */
function takeEnvid(draft: MailDraft, value: string): void {
  if (value === '' || value.length > ENVID_MAX_CHARACTERS) throw new SyntaxFault('ENVID of up to 100 characters', 0);
  draft.envid = decodeXtext(value);
}

/** RFC 4954 §5. */
function takeAuth(draft: MailDraft, value: string): void {
  if (value === '') throw new SyntaxFault('AUTH with a mailbox', 0);
  const auth = decodeXtext(value);
  if (auth !== '<>' && parseAddrSpec(auth) === null) throw new SyntaxFault('AUTH with a mailbox', 0);
  draft.auth = auth;
}

/** RFC 4865 §3. */
function takeHoldFor(draft: MailDraft, value: string, rules: ParameterRules): void {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new SyntaxFault('HOLDFOR in seconds', 0);
  setHold(draft, rules.nowMs + Number(value) * 1000, rules);
}

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

/** RFC 4865 §3 with RFC 4865 erratum 2040: a date-time of RFC 3339 §5.6. A time gone by holds nothing. */
function takeHoldUntil(draft: MailDraft, value: string, rules: ParameterRules): void {
  const untilMs = DATE_TIME.test(value) ? Date.parse(value.toUpperCase()) : Number.NaN;
  if (Number.isNaN(untilMs)) throw new SyntaxFault('HOLDUNTIL as a date and time', 0);
  setHold(draft, untilMs, rules);
}

function setHold(draft: MailDraft, untilMs: number, rules: ParameterRules): void {
  if (draft.holdUntilMs !== undefined) throw new SyntaxFault('either HOLDFOR or HOLDUNTIL', 0);
  if (untilMs > rules.nowMs + rules.futureReleaseMaxSeconds * 1000) throw new SyntaxFault('an earlier release', 0);
  draft.holdUntilMs = untilMs;
}

/** RFC 2852 §4: `BY=120;R`, with T to ask for tracing. Returning a message that is already late makes no sense. */
function takeDeliverBy(draft: MailDraft, value: string): void {
  const found = /^([+-]?\d{1,9});([RN])(T?)$/i.exec(value);
  if (found === null) throw new SyntaxFault('BY=seconds;mode', 0);
  const seconds = Number(found[1]);
  const mode = found[2]!.toUpperCase() as 'R' | 'N';
  if (mode === 'R' && seconds <= 0) throw new SyntaxFault('a time ahead', 0);
  // `|| 0` so that -0 is no value of its own.
  draft.deliverBy = { seconds: seconds || 0, mode, trace: found[3] !== '' };
}

function parseRcptParameters(rest: string, rules: ParameterRules, smtputf8: boolean): RcptParameters {
  const draft: Writable<RcptParameters> = {};
  eachParameter(rest, (keyword, value) => {
    if (!rules.extensions.has('DSN') || (keyword !== 'NOTIFY' && keyword !== 'ORCPT')) throw unsupported(keyword);
    if (keyword === 'NOTIFY') draft.notify = parseNotify(value);
    else draft.orcpt = parseOrcpt(value, smtputf8);
  });
  return draft;
}

/** RFC 3461 §4.1. */
function parseNotify(value: string): readonly Notify[] {
  const words = value.toUpperCase().split(',');
  if (words.length === 1 && words[0] === 'NEVER') return [];
  const notify: Notify[] = [];
  for (const word of words) {
    if (word !== 'SUCCESS' && word !== 'FAILURE' && word !== 'DELAY') throw new SyntaxFault('a NOTIFY list', 0);
    if (notify.includes(word)) throw new SyntaxFault('each NOTIFY word once', 0);
    notify.push(word);
  }
  return notify;
}

/** RFC 3461 §4.2, RFC 6533 §3. */
function parseOrcpt(value: string, smtputf8: boolean): { type: string; address: string } {
  const found = /^([!#$%&'*+.^_`{|}~0-9A-Za-z-]+);(.+)$/u.exec(value);
  if (found === null || value.length > ORCPT_MAX_CHARACTERS) throw new SyntaxFault('ORCPT=type;address', 0);
  const type = found[1]!.toLowerCase();
  const address = found[2]!;
  if (!smtputf8 && NON_ASCII.test(address)) throw new SyntaxFault('an ASCII form of the address', 0);
  return { type, address: type === 'utf-8' ? decodeUtf8Address(address) : decodeXtext(address) };
}
