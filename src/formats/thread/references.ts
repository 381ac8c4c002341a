// THREAD REFERENCES, RFC 5256 §3, and THREAD REFS (the same by references alone, newest thread last). Nothing here calls
// itself: a thread may be as deep as the folder is long.
import { THREAD_DEPTH_SEARCHED } from './limits.ts';
import { compareSent, type ThreadedMessage, type ThreadNode } from './thread-tree.ts';

/** A message, or a Message-ID that others name: then there is no message yet, or ever. */
class Container implements ThreadNode {
  message: ThreadedMessage | null = null;
  parent: Container | null = null;
  hasChildren = false;
  /** Filled when the tree is built, without those that stand for no message. */
  children: Container[] = [];

  get uid(): number | null {
    return this.message?.uid ?? null;
  }

  /** What a thread is sorted by: itself, or the first of the children of one that is not there. */
  get first(): ThreadedMessage {
    return this.message ?? this.children[0]!.message!;
  }
}

function compareContainers(a: Container, b: Container): number {
  return compareSent(a.first, b.first);
}

/** RFC 5256 §3 REFERENCES: by references, then threads of one base subject together; sorted by sent date. */
export function threadByReferences(messages: readonly ThreadedMessage[]): ThreadNode[] {
  const roots = promoteOnlyChildren(buildTree(linkMessages(messages))).toSorted(compareContainers);
  return joinSubjects(roots).toSorted(compareContainers);
}

/** REFS: by references alone; the thread that holds the newest message comes last. */
export function threadByRefs(messages: readonly ThreadedMessage[]): ThreadNode[] {
  const containers = linkMessages(messages);
  const roots = promoteOnlyChildren(buildTree(containers));
  const newest = new Map<Container, ThreadedMessage>();
  for (const root of roots) newest.set(root, newestOf(root));
  return roots.toSorted((a, b) => compareSent(newest.get(a)!, newest.get(b)!));
}

function newestOf(root: Container): ThreadedMessage {
  let newest = root.first;
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.message !== null && compareSent(node.message, newest) > 0) newest = node.message;
    for (const child of node.children) open.push(child);
  }
  return newest;
}

/** Step 1: who answers whom. */
function linkMessages(messages: readonly ThreadedMessage[]): Container[] {
  const byId = new Map<string, Container>();
  const containers: Container[] = [];
  const containerOf = (id: string | null): Container => {
    const known = id === null ? undefined : byId.get(id);
    if (known !== undefined) return known;
    const container = new Container();
    containers.push(container);
    if (id !== null) byId.set(id, container);
    return container;
  };
  for (const message of messages) {
    let own = containerOf(message.messageId);
    // A Message-ID that is there twice: the second message has none.
    if (own.message !== null) own = containerOf(null);
    own.message = message;
    let parent: Container | null = null;
    for (const id of message.references) {
      const reference = containerOf(id);
      if (parent !== null && reference.parent === null) link(reference, parent);
      parent = reference;
    }
    // What the message itself says of its parent counts, not what others said, even when it says nothing.
    own.parent = null;
    if (parent !== null) link(own, parent);
  }
  return containers;
}

function link(child: Container, parent: Container): void {
  if (isAbove(child, parent)) return;
  child.parent = parent;
  parent.hasChildren = true;
}

/** Whether a container is another one or above it, or so far above that nobody looks. */
function isAbove(container: Container, below: Container): boolean {
  if (container === below) return true;
  // Nothing is below most: no need to look.
  if (!container.hasChildren) return false;
  let steps = 0;
  for (let node = below.parent; node !== null; node = node.parent) {
    if (node === container || ++steps > THREAD_DEPTH_SEARCHED) return true;
  }
  return false;
}

/** Steps 2, 3 and the inner part of 6: roots, with children in order, without those that stand for no message. */
function buildTree(containers: readonly Container[]): Container[] {
  const roots: Container[] = [];
  for (const container of containers) {
    if (container.message === null) continue;
    let parent = container.parent;
    while (parent !== null && parent.message === null && parent.parent !== null) parent = parent.parent;
    if (parent === null) roots.push(container);
    else {
      if (parent.message === null && parent.children.length === 0) roots.push(parent);
      parent.children.push(container);
    }
  }
  for (const container of containers) if (container.children.length > 1) container.children.sort(compareContainers);
  return roots;
}

/** Step 3: a root that is not there needs two children at least. */
function promoteOnlyChildren(roots: readonly Container[]): Container[] {
  return roots.map((root) => (root.message === null && root.children.length === 1 ? root.children[0]! : root));
}

/** Step 5: threads of one base subject. */
function joinSubjects(roots: readonly Container[]): Container[] {
  const table = new Map<string, Container>();
  for (const root of roots) {
    const { subject, isReplyOrForward } = root.first;
    if (subject === '') continue;
    const known = table.get(subject);
    const takesPlace =
      known === undefined ||
      (known.message !== null && (root.message === null || (known.message.isReplyOrForward && !isReplyOrForward)));
    if (takesPlace) table.set(subject, root);
  }
  const joined = new Set<Container>(roots);
  const changed = new Set<Container>();
  for (const root of roots) {
    const { subject } = root.first;
    const known = subject === '' ? undefined : table.get(subject);
    if (known === undefined || known === root) continue;
    joined.delete(root);
    const isAnswer = root.message?.isReplyOrForward === true && known.message?.isReplyOrForward === false;
    if (root.message === null) known.children.push(...root.children);
    else if (known.message === null || isAnswer) known.children.push(root);
    else {
      const together = new Container();
      together.children = [known, root];
      joined.delete(known);
      joined.add(together);
      table.set(subject, together);
      changed.add(together);
      continue;
    }
    changed.add(known);
  }
  for (const container of changed) container.children.sort(compareContainers);
  return [...joined];
}
