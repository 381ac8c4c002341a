// The base subject, RFC 5256 §2.1: what is left when the marks of replies, forwards and lists are taken off.
import { SUBJECT_MAX_CHARACTERS } from './limits.ts';

export interface BaseSubject {
  /** As written; compare with a collation. */
  readonly text: string;
  /** Whether a mark of a reply or a forward was taken off. */
  readonly isReplyOrForward: boolean;
}

const SPACES = /\s+/g;
const TRAILER = /(?:\(fwd\)|\s)+$/i;
/** RFC 5256 §5 subj-leader: marks of lists, then the one of a reply or forward. */
const LEADER = /^(?:\[[^[\]]*\]\s*)*(?:re|fwd?)\s*(?:\[[^[\]]*\]\s*)?:\s*/i;
const BLOB = /^\[[^[\]]*\]\s*/;
const FORWARD_OPEN = /^\[fwd:/i;

/** The base subject of a subject whose encoded words are decoded. */
export function baseSubject(subject: string): BaseSubject {
  let text = subject.slice(0, SUBJECT_MAX_CHARACTERS).replaceAll(SPACES, ' ').trim();
  let isReplyOrForward = false;
  for (;;) {
    const withoutTrailer = text.replace(TRAILER, '');
    if (withoutTrailer.length < text.trimEnd().length) isReplyOrForward = true;
    text = withoutTrailer;
    for (;;) {
      const leader = LEADER.exec(text);
      if (leader !== null) {
        isReplyOrForward = true;
        text = text.slice(leader[0].length);
        continue;
      }
      const blob = BLOB.exec(text);
      // A mark of a list goes only when something is left.
      if (blob === null || blob[0].length === text.length) break;
      text = text.slice(blob[0].length);
    }
    if (!FORWARD_OPEN.test(text) || !text.endsWith(']')) return { text, isReplyOrForward };
    isReplyOrForward = true;
    text = text.slice('[fwd:'.length, -1).trim();
  }
}
