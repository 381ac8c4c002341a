// What one thread's mailbox services are made of.
import type { Clock } from '../../base/clock.ts';
import type { Store } from '../../storage/store.ts';
import type { ChangeHub } from './change-hub.ts';
import type { KeywordTexts } from './keyword-texts.ts';

export interface MailParts {
  readonly store: Store;
  readonly hub: ChangeHub;
  readonly keywords: KeywordTexts;
  readonly clock: Clock;
  /** Largest message that a client may put into a folder. */
  readonly appendMaxOctets: number;
}

/** The account that signed in. */
export interface Viewer {
  readonly accountId: number;
  readonly address: string;
  readonly administrator: boolean;
}
