// Plain words for status codes: what happened and what the sender can do about it. RFC 3463 names the classes.
import { enhancedStatusText, parseEnhancedStatus } from '../enhanced-status.ts';

export interface Explanation {
  readonly what: string;
  /** '' where there is nothing to be done. */
  readonly advice: string;
}

const ASK_RECIPIENT = 'Reach the recipient in another way and tell them what this report says.';
const SEND_SMALLER = 'Send a smaller message, or share large files by a link.';
const LATER = 'Send the message again later.';

const BY_DETAIL: Readonly<Record<string, Explanation>> = {
  '1.1': {
    what: 'There is no mailbox with this address.',
    advice: 'Check the address for typing mistakes, or ask the recipient for the right one.',
  },
  '1.2': {
    what: 'There is no such domain: the part of the address after the @ does not exist.',
    advice: 'Check the part of the address after the @ for typing mistakes.',
  },
  '1.3': { what: 'The address is not valid.', advice: 'Check the address for typing mistakes.' },
  '1.6': {
    what: 'The mailbox has moved and left no address to forward to.',
    advice: 'Ask the recipient for the new address.',
  },
  '1.7': {
    what: 'The other server does not take the address that the message was sent from.',
    advice: 'Check your own address in the settings of your mail program.',
  },
  '1.8': {
    what: 'The other server cannot find the domain that the message was sent from.',
    advice: 'Tell your postmaster: the DNS of your own domain needs attention.',
  },
  '1.10': { what: 'The domain accepts no mail at all.', advice: 'Ask the recipient for another address.' },
  '2.1': { what: 'The mailbox is disabled and takes no messages.', advice: ASK_RECIPIENT },
  '2.2': {
    what: 'The mailbox is full.',
    advice: 'Ask the recipient in another way to make room, and send the message again then.',
  },
  '2.3': { what: 'The message is larger than this mailbox takes.', advice: SEND_SMALLER },
  '2.4': { what: 'The list could not be expanded.', advice: 'Tell the owner of the list.' },
  '3.1': { what: 'The other server has no room left.', advice: LATER },
  '3.4': { what: 'The message is larger than the other server takes.', advice: SEND_SMALLER },
  '4.1': { what: "The recipient's server does not answer.", advice: LATER },
  '4.2': { what: "The connection to the recipient's server broke again and again.", advice: LATER },
  '4.3': { what: "The directory (DNS) of the recipient's domain does not answer.", advice: LATER },
  '4.4': {
    what: "There is no way to the recipient's server: its name or address was not found.",
    advice: 'Check the part of the address after the @. If it is right, tell the recipient.',
  },
  '4.6': {
    what: 'The message goes in a loop between servers and was stopped.',
    advice: 'Tell the recipient: a forwarding on the way leads back to where it came from.',
  },
  '4.7': {
    what: 'It could not be delivered in time, and the attempts have ended.',
    advice: LATER,
  },
  '5.3': { what: 'The message has more recipients than the server takes.', advice: 'Send it to fewer at a time.' },
  '6.1': { what: 'The other server does not take this kind of content.', advice: 'Send it in another form.' },
  '6.3': {
    what: 'The message has content that the other server does not take and that cannot be converted for it.',
    advice: 'Send the content in another form, for example in an archive file.',
  },
  '6.7': {
    what: 'The other server does not take addresses with letters beyond a-z.',
    advice: 'Use an address that is written with a-z only, for yourself and for the recipient.',
  },
  '7.1': {
    what: 'The other server refuses the message by its policy.',
    advice: 'Its words say why. If you think that it is wrong, reach the recipient in another way.',
  },
  '7.2': { what: 'You may not write to this list.', advice: 'Ask the owner of the list.' },
  '7.10': { what: 'The other server wants an encrypted connection that was not possible.', advice: ASK_RECIPIENT },
  '7.27': {
    what: 'The domain that the message was sent from accepts no mail, so the other server refuses it.',
    advice: 'Tell your postmaster.',
  },
  '7.28': { what: 'The other server takes no more messages from here for now.', advice: LATER },
  '7.30': {
    what: 'The message may only travel encrypted (REQUIRETLS), and the next server cannot promise that.',
    advice: 'Send it without that demand, or reach the recipient in another way.',
  },
};

const BY_SUBJECT: readonly Explanation[] = [
  { what: 'The other server refuses the message and gives no exact reason.', advice: ASK_RECIPIENT },
  {
    what: 'Something is wrong with the address.',
    advice: 'Check the address, or ask the recipient for the right one.',
  },
  { what: 'Something is wrong with the mailbox.', advice: ASK_RECIPIENT },
  { what: "The recipient's mail system has a problem.", advice: LATER },
  { what: "The message could not reach the recipient's server.", advice: LATER },
  { what: 'The two servers could not agree about the transfer.', advice: 'Tell your postmaster.' },
  { what: 'The content of the message could not be handled.', advice: 'Send it in another form.' },
  { what: 'The message was refused for reasons of security or policy.', advice: ASK_RECIPIENT },
];

// SPF, DKIM, DMARC, ARC: nothing that the sender of a single message can mend.
const SENDER_CHECKS_FIRST = 20;
const SENDER_CHECKS_LAST = 26;
const SENDER_CHECKS: Explanation = {
  what: 'The other server could not make sure that the message comes from where it says.',
  advice: 'Tell your postmaster: SPF, DKIM or DMARC of your domain needs attention.',
};

/** Plain words for a status code such as `5.1.1`. */
export function explainStatus(status: string): Explanation {
  const parsed = parseEnhancedStatus(status);
  if (parsed === null) return BY_SUBJECT[0]!;
  const { subject, detail } = parsed;
  const exact = BY_DETAIL[`${subject}.${detail}`];
  if (exact !== undefined) return exact;
  if (subject === 7 && detail >= SENDER_CHECKS_FIRST && detail <= SENDER_CHECKS_LAST) return SENDER_CHECKS;
  const general = BY_SUBJECT[subject] ?? BY_SUBJECT[0]!;
  if (detail === 0) return general;
  return { what: `${general.what.slice(0, -1)}: ${enhancedStatusText(status)}.`, advice: general.advice };
}
