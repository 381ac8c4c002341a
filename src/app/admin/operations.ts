// The table of administrative operations, and running one.
import { checkImport, importAccounts } from './account-import.ts';
import { addAccount, changeAccount, listAccountPage, removeAccount, setPassword, showAccount } from './accounts.ts';
import type { AdminContext } from './admin-context.ts';
import { addAlias, addGrant, changeAlias, listAliasPage, listGrants, removeAlias, removeGrant } from './aliases.ts';
import { addDomain, changeDomain, listDomainPage, removeDomain } from './domains.ts';
import { CommandError } from '../cli/command.ts';
import { readArguments, type GivenArguments, type OnProgress, type Operation } from './operation.ts';
import { commandQueue, countQueue, listQueuePage, showQueued } from './queue.ts';
import { pinSegments } from './safety.ts';
import { trace } from './traces.ts';

export const OPERATIONS = {
  'account.add': addAccount,
  'account.change': changeAccount,
  'account.check-import': checkImport,
  'account.import': importAccounts,
  'account.list': listAccountPage,
  'account.password': setPassword,
  'account.remove': removeAccount,
  'account.show': showAccount,
  'alias.add': addAlias,
  'alias.change': changeAlias,
  'alias.list': listAliasPage,
  'alias.remove': removeAlias,
  'backup.pin': pinSegments,
  'domain.add': addDomain,
  'domain.change': changeDomain,
  'domain.list': listDomainPage,
  'domain.remove': removeDomain,
  'grant.add': addGrant,
  'grant.list': listGrants,
  'grant.remove': removeGrant,
  'queue.command': commandQueue,
  'queue.count': countQueue,
  'queue.list': listQueuePage,
  'queue.show': showQueued,
  trace,
} as const;

export type OperationName = keyof typeof OPERATIONS;

/** What a caller gives to an operation. */
export type ArgumentsFor<K extends OperationName> = GivenArguments<(typeof OPERATIONS)[K]['spec']>;

/** What it gives back. */
export type ResultOf<K extends OperationName> = Awaited<ReturnType<(typeof OPERATIONS)[K]['run']>>;

/** Runs an operation, wherever it is carried out. Rejects with CommandError for what the user can mend. */
export type AdminCall = <K extends OperationName>(
  name: K,
  args: ArgumentsFor<K>,
  onProgress?: OnProgress,
) => Promise<ResultOf<K>>;

/** Runs the operation with this name; name and arguments may come from anywhere. */
export async function runOperation(
  context: AdminContext,
  request: { readonly operation: string; readonly arguments: unknown },
  onProgress: OnProgress,
): Promise<unknown> {
  if (!Object.hasOwn(OPERATIONS, request.operation)) {
    throw new CommandError(`there is no operation '${request.operation}'; is the server another version?`);
  }
  const found = OPERATIONS[request.operation as OperationName] as unknown as Operation;
  return await found.run(context, readArguments(found.spec, request.arguments), onProgress);
}
