// What SMTP and LMTP ask, answered by the house: who may connect, sign in, send, and for whom. The rule against open
// relaying is `relayRight`, and nothing else grants it.
import { inCidr, parseIp, type Cidr } from '../../base/net/ip.ts';
import { formatQueueId } from '../../base/ids/queue-id.ts';
import type { ReversePath } from '../../formats/address/addr-spec.ts';
import { receivedProtocol } from '../../formats/received.ts';
import {
  createSaslServer,
  saslMechanisms,
  type CredentialSource,
  type SaslOffer,
  type SaslServer,
} from '../../protocols/sasl/index.ts';
import {
  refusalReply,
  reply,
  type Envelope,
  type EnvelopeRecipient,
  type MailParameters,
  type MessageSink,
  type SmtpDialogState,
  type SmtpReply,
  type SmtpServerSession,
} from '../../protocols/smtp/index.ts';
import type { Admission } from '../../services/connections/admission.ts';
import type { Directory } from '../../services/directory/directory.ts';
import type { Login } from '../../services/login/login.ts';
import type { AcceptedRecipient } from '../../services/reception/arrival.ts';
import type { IncomingMail } from '../../services/reception/incoming-mail.ts';
import type { Reception } from '../../services/reception/reception.ts';
import type { RecipientJudge, RelayRight } from '../../services/reception/recipient-judge.ts';

export interface SmtpSessionParts {
  readonly directory: Directory;
  readonly reception: Reception;
  readonly recipients: RecipientJudge;
  readonly login: Login;
  readonly admission: Admission;
  /** `[auth] allow_plaintext_from` */
  readonly plaintextNetworks: readonly Cidr[];
  /** `[auth] channel_binding` */
  readonly channelBinding: boolean;
  /** `[limits] relay_networks` */
  readonly relayNetworks: readonly Cidr[];
}

/** Makes the session of one connection. */
export function createSmtpSession(parts: SmtpSessionParts): SmtpServerSession {
  return new HouseSession(parts);
}

class HouseSession implements SmtpServerSession {
  readonly #parts: SmtpSessionParts;
  #ticket: ReturnType<Admission['enter']> | null = null;
  #source: CredentialSource | null = null;
  #accepted: AcceptedRecipient[] = [];

  constructor(parts: SmtpSessionParts) {
    this.#parts = parts;
  }

  connect(state: SmtpDialogState): SmtpReply | null {
    const ticket = this.#parts.admission.enter(state.peer.address);
    this.#ticket = ticket;
    if (ticket.kind === 'refused') return reply(421, '4.7.0', ticket.text);
    return null;
  }

  saslMechanisms(state: SmtpDialogState): readonly string[] {
    return this.#maySignIn(state) ? saslMechanisms(this.#offer(state)) : [];
  }

  startSasl(mechanism: string, state: SmtpDialogState): SaslServer | null {
    if (!this.#maySignIn(state)) return null;
    this.#source ??= this.#parts.login.source({ address: state.peer.address, protocol: state.peer.service });
    return createSaslServer(mechanism, { ...this.#offer(state), source: this.#source });
  }

  async mail(reversePath: ReversePath, _parameters: MailParameters, state: SmtpDialogState): Promise<SmtpReply | null> {
    this.#accepted = [];
    if (!isSubmission(state)) return null;
    if (state.account === null) {
      if (this.#inRelayNetwork(state)) return null;
      return reply(530, '5.7.0', 'Sign in first');
    }
    const verdict = await this.#parts.directory.senderAllowed(state.account.id, reversePath);
    if (verdict === 'allowed') return null;
    if (verdict === 'temporary') return reply(451, '4.3.0', 'The directory cannot be read, try again later');
    return reply(550, '5.7.1', 'This sender address is not yours');
  }

  async rcpt(recipient: EnvelopeRecipient, state: SmtpDialogState): Promise<SmtpReply | null> {
    const verdict = await this.#parts.recipients.judge(recipient.forwardPath, this.#relayRight(state));
    if (verdict.kind === 'refused') return refusalReply(verdict.error);
    this.#accepted.push({ recipient, verdict: verdict.verdict });
    return null;
  }

  message(envelope: Envelope, state: SmtpDialogState): MessageSink {
    const { peer, account, tls, extended, helo } = state;
    const mail = this.#parts.reception.open({
      service: peer.service,
      protocol: receivedProtocol({
        lmtp: peer.service === 'lmtp',
        extended,
        tls: tls !== null,
        authenticated: account !== null,
        smtputf8: envelope.parameters.smtputf8 ?? false,
      }),
      helo,
      address: peer.address,
      tls,
      account,
      isSubmission: isSubmission(state) || (account === null && peer.service === 'smtp' && this.#inRelayNetwork(state)),
      reversePath: envelope.reversePath,
      parameters: envelope.parameters,
      recipients: this.#accepted,
    });
    this.#accepted = [];
    return new ReceptionSink(mail, peer.service === 'lmtp');
  }

  reset(): void {
    this.#accepted = [];
  }

  close(): void {
    if (this.#ticket !== null) this.#parts.admission.leave(this.#ticket);
    this.#ticket = null;
  }

  #maySignIn(state: SmtpDialogState): boolean {
    return isSubmission(state) && (state.tls !== null || isIn(state.peer.address, this.#parts.plaintextNetworks));
  }

  #offer(state: SmtpDialogState): SaslOffer {
    return {
      scram: this.#parts.login.scramAvailable(),
      plaintext: true,
      channelBindings: (this.#parts.channelBinding ? state.tls?.channelBindings?.() : null) ?? [],
    };
  }

  /** Who signed in, and the networks named for it; never on LMTP. Trusted networks are no reason. */
  #relayRight(state: SmtpDialogState): RelayRight {
    if (state.peer.service === 'lmtp') return 'nowhere';
    return state.account !== null || this.#inRelayNetwork(state) ? 'anywhere' : 'relay-domains';
  }

  #inRelayNetwork(state: SmtpDialogState): boolean {
    return isIn(state.peer.address, this.#parts.relayNetworks);
  }
}

/** Turns what reception decided into replies. */
class ReceptionSink implements MessageSink {
  readonly #mail: IncomingMail;
  readonly #replyEach: boolean;

  constructor(mail: IncomingMail, replyEach: boolean) {
    this.#mail = mail;
    this.#replyEach = replyEach;
  }

  write(chunk: Buffer): void | Promise<void> {
    return this.#mail.write(chunk);
  }

  async end(): Promise<readonly SmtpReply[]> {
    const { refusals } = await this.#mail.finish();
    const accepted = reply(250, '2.0.0', `${formatQueueId(this.#mail.unitId)} accepted`);
    const taken = refusals.includes(null);
    if (this.#replyEach) return refusals.map((refusal) => (refusal === null ? accepted : refusalReply(refusal)));
    const first = refusals[0] ?? null;
    return [taken || first === null ? accepted : refusalReply(first)];
  }

  abort(): void {
    this.#mail.abort();
  }
}

function isSubmission(state: SmtpDialogState): boolean {
  return state.peer.service === 'submission' || state.peer.service === 'submissions';
}

function isIn(address: string, networks: readonly Cidr[]): boolean {
  if (networks.length === 0) return false;
  const ip = parseIp(address);
  return ip !== null && networks.some((network) => inCidr(network, ip));
}
