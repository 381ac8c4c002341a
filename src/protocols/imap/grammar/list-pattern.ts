// Patterns of LIST, RFC 9051 §6.3.9: '*' is anything, '%' anything but '/'. Matching costs pattern times name, never more.
import { PATTERN_WILDCARDS_MAX } from '../limits.ts';

/** A function that tells whether a name matches; null when the pattern has too many wildcards. */
export function compilePattern(pattern: string): ((name: string) => boolean) | null {
  const parts = pattern.replace(/[*%]*\*[*%]*/gu, '*').replace(/%+/gu, '%');
  if ((parts.match(/[*%]/gu)?.length ?? 0) > PATTERN_WILDCARDS_MAX) return null;
  if (parts === '*') return () => true;
  const folded = parts.replace(/^inbox(?=$|[/*%])/iu, 'INBOX');
  return (name) => matches(folded, name) || (name === 'INBOX' && matches(folded.toUpperCase(), name));
}

/** All places of the pattern that may be reached, name letter by name letter. */
function matches(pattern: string, name: string): boolean {
  let reached = closure(pattern, new Uint8Array(pattern.length + 1).fill(1, 0, 1));
  for (let i = 0; i < name.length; i++) {
    const next = new Uint8Array(pattern.length + 1);
    const letter = name.charCodeAt(i);
    for (let at = 0; at < pattern.length; at++) {
      if (reached[at] === 0) continue;
      const wanted = pattern.charAt(at);
      if (wanted === '*' || (wanted === '%' && letter !== 0x2f)) next[at] = 1;
      else if (pattern.charCodeAt(at) === letter && wanted !== '%') next[at + 1] = 1;
    }
    reached = closure(pattern, next);
  }
  return reached[pattern.length] === 1;
}

/** A wildcard may stand for nothing. */
function closure(pattern: string, reached: Uint8Array): Uint8Array {
  for (let at = 0; at < pattern.length; at++) {
    if (reached[at] === 1 && (pattern.charAt(at) === '*' || pattern.charAt(at) === '%')) reached[at + 1] = 1;
  }
  return reached;
}
