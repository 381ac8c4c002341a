// What a sender wants to hear about a dropped message: RFC 3461 §4, as the line in front of the message says it.
import { SyntaxFault } from '../../base/errors/syntax-fault.ts';
import type { Notify } from '../../storage/queue-terms.ts';

export interface DsnWishes {
  /** Empty: never; null: not said. */
  readonly notify: readonly Notify[] | null;
  readonly ret: 'FULL' | 'HDRS' | null;
  /** Printable US-ASCII. */
  readonly envid: string | null;
}

export const NO_WISHES: DsnWishes = { notify: null, ret: null, envid: null };
/** RFC 3461 §5.4: 100 characters as xtext, of which each may take three. */
const ENVID = /^[\x20-\x7e]{1,33}$/u;
const NOTIFY: readonly string[] = ['SUCCESS', 'FAILURE', 'DELAY'] satisfies Notify[];

/** The words of NOTIFY in any case (`success,delay`, or `never`); null when they are others. */
export function parseNotify(text: string): Notify[] | null {
  const words = text.toUpperCase().split(',');
  if (words.length === 1 && words[0] === 'NEVER') return [];
  return areNotify(words) ? [...new Set(words)] : null;
}

function areNotify(words: readonly unknown[]): words is Notify[] {
  return words.every((word) => NOTIFY.includes(word as string));
}

/** FULL or HDRS in any case; null when it is neither. */
export function parseRet(text: string): DsnWishes['ret'] {
  const word = text.toUpperCase();
  return word === 'FULL' || word === 'HDRS' ? word : null;
}

/** Whether a text may be an envelope id. */
export function isEnvid(text: string): boolean {
  return ENVID.test(text);
}

/** What came out of JSON. Throws SyntaxFault. */
export function readWishes(value: unknown): DsnWishes {
  if (value === undefined) return NO_WISHES;
  const { notify = null, ret = null, envid = null } = (value ?? {}) as Record<string, unknown>;
  if (notify !== null && !(Array.isArray(notify) && notify.length <= NOTIFY.length && areNotify(notify))) {
    throw new SyntaxFault("a list of SUCCESS, FAILURE and DELAY as 'notify'", 0);
  }
  if (ret !== null && ret !== 'FULL' && ret !== 'HDRS') throw new SyntaxFault("FULL or HDRS as 'ret'", 0);
  if (envid !== null && !(typeof envid === 'string' && isEnvid(envid))) {
    throw new SyntaxFault("up to 33 printable characters as 'envid'", 0);
  }
  return { notify, ret, envid };
}
