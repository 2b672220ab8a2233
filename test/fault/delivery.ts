import { ContainerMemory } from '../../lib/pipeline/container-memory.ts';
import { handleMessage, type Verdict } from '../../lib/pipeline/handle-message.ts';
import type { DocumentItem } from '../../lib/pipeline/model.ts';
import type { PipelineSettings } from '../../lib/pipeline/settings.ts';
import type { Visit } from '../../lib/pipeline/visit.ts';
import type { ReceivedMessage } from '../support/memory/queue.ts';
import { checkAcknowledged } from './acknowledged.ts';
import { gatedPorts } from './gated-ports.ts';
import { heldBy } from './messages.ts';
import type { Actor, Gate } from './scheduler.ts';
import { answerLost, type Send } from './truth.ts';
import { actor, type Host, type World } from './world.ts';

export const TIMEOUT_MS = 5 * 60_000;
const CLOSING_MS = 10_000;
const MAX_VISIBILITY_MS = 12 * 3_600_000;

/** One invocation: one process, whose records live and die together. */
export interface Delivery {
  readonly actor: Actor;
  readonly host: Host;
  readonly closing: AbortController;
  readonly openSends: Set<Send>;
  readonly clockwork: Gate[];
  readonly beganAtMs: number;
  openRequests: number;
  isDone: boolean;
}

/** One message's work in one invocation, and what it has done so far as the world saw it. */
export interface RecordAtWork {
  readonly name: string;
  readonly delivery: Delivery;
  readonly message: ReceivedMessage;
  /** By document: one message may hold several. */
  readonly claimed: Map<string, DocumentItem>;
  readonly opening: Map<string, string>;
  resultsGrants: number;
  meetsAnotherAccount: boolean | undefined;
  /** The next batch of letters may go back no sooner. */
  mayRedriveAtMs: number;
  /** Letters that a faulty order of parking still owes. */
  readonly owedLetters: (() => Promise<void>)[];
}

export function deliver(world: World, host: Host, messages: readonly ReceivedMessage[]): void {
  world.deliveries += 1;
  const nowMs = world.scheduler.nowMs();
  const delivery = beginsOn(world, host, `D${world.deliveries}`, TIMEOUT_MS);
  world.tell(delivery.actor.name, () => `begins on ${host.name}: ${messages.map(shown).join(' | ')}`);
  void answered(world, delivery, messages, nowMs);
}

/** A process begins: aborted shortly before its deadline, killed at it. */
export function beginsOn(world: World, host: Host, name: string, timeoutMs: number): Delivery {
  const { scheduler } = world;
  const nowMs = scheduler.nowMs();
  const delivery: Delivery = {
    actor: actor(name),
    host,
    closing: new AbortController(),
    openSends: new Set(),
    clockwork: [],
    beganAtMs: nowMs,
    openRequests: 0,
    isDone: false,
  };
  host.delivery = delivery;
  const abort = () => {
    if (!delivery.isDone) world.tell(delivery.actor.name, 'its time is nearly over: aborts');
    delivery.closing.abort();
  };
  const atDeadline = () => {
    if (delivery.isDone) return;
    if (!delivery.actor.isFrozen) return kill(world, delivery, 'killed at its deadline');
    // A frozen process keeps nobody waiting: for Extracta its requests have ended.
    for (const send of delivery.openSends) clientGone(world, send);
  };
  delivery.clockwork.push(
    scheduler.at(delivery.actor, 'abort', nowMs + timeoutMs - CLOSING_MS, abort, true),
    scheduler.at(world.platform, 'deadline', nowMs + timeoutMs, atDeadline, true),
  );
  return delivery;
}

/** Those of the moment: after a change of routes, the new ones. */
export function settingsOf(world: World): PipelineSettings {
  return world.routesChanged && world.run.changed !== undefined ? world.run.changed : world.run.settings;
}

/** As `lambdas/upload.ts` does; what is let go is deleted by the poller afterwards. */
async function answered(
  world: World,
  delivery: Delivery,
  messages: readonly ReceivedMessage[],
  nowMs: number,
): Promise<void> {
  const { host, actor: process } = delivery;
  const deadlineMs = nowMs + host.skewMs + TIMEOUT_MS;
  const verdicts = await Promise.all(
    messages.map(async (message, at) => {
      const record = recordOf(
        messages.length === 1 ? process.name : `${process.name}.${at + 1}`,
        delivery,
        message,
      );
      const visit: Visit = {
        ports: gatedPorts(world, record),
        settings: settingsOf(world),
        memory: host.memory,
        deadlineMs,
        signal: delivery.closing.signal,
      };
      const verdict = await handled(world, record, visit);
      await keptVisible(world, record, verdict);
      return verdict;
    }),
  );
  await world.scheduler.gate(process, 'answers');
  if (delivery.openRequests > 0) world.fail('V11', `${process.name} returned with a request open`);
  finished(world, delivery);
  for (const [at, verdict] of verdicts.entries()) {
    if (verdict.kind === 'acknowledge') await acknowledged(world, delivery, messages[at] as ReceivedMessage);
  }
}

async function handled(world: World, record: RecordAtWork, visit: Visit): Promise<Verdict> {
  const handle = world.without?.handle ?? handleMessage;
  const verdict = await handle(record.message, visit);
  for (const outcome of verdict.outcomes) {
    world.count(`outcome ${outcome.kind}`);
    if (outcome.kind === 'ignored' && outcome.reason === 'no-route')
      for (const document of heldBy(record.message.body).documents) world.letGo.add(document);
    if ('code' in outcome) world.count(`code ${outcome.code}`);
    if ('reason' in outcome)
      world.count(`${outcome.kind === 'ignored' ? 'ignored' : 'code'} ${outcome.reason}`);
    const of =
      'code' in outcome ? outcome.code : 'reason' in outcome ? outcome.reason : outcome.mapping.fileId;
    world.tell(record.name, `=> ${outcome.kind} (${of})`);
  }
  if (verdict.kind === 'acknowledge') checkAcknowledged(world, record);
  return verdict;
}

async function keptVisible(world: World, record: RecordAtWork, verdict: Verdict): Promise<void> {
  if (verdict.kind === 'acknowledge') return;
  await world.scheduler.gate(record.delivery.actor, 'sets visibility');
  if (world.faults.fires('queue.visibility-refused', record.name)) return;
  const visibleInMs = Math.min(Math.max(0, Math.ceil(verdict.visibleInMs / 1000) * 1000), MAX_VISIBILITY_MS);
  await world.queue.changeVisibility(record.message.receiptHandle, visibleInMs).catch(() => {});
}

async function acknowledged(world: World, delivery: Delivery, message: ReceivedMessage): Promise<void> {
  await world.scheduler.gate(world.platform, `deletes for ${delivery.actor.name}`);
  if (world.faults.fires('queue.acknowledgement-lost', delivery.actor.name)) return;
  world.tell('platform', `deletes ${message.messageId}`);
  world.changes += 1;
  await world.queue.acknowledge(message.receiptHandle);
}

export function recordOf(name: string, delivery: Delivery, message: ReceivedMessage): RecordAtWork {
  return {
    name,
    delivery,
    message,
    claimed: new Map(),
    opening: new Map(),
    resultsGrants: 0,
    meetsAnotherAccount: undefined,
    mayRedriveAtMs: 0,
    owedLetters: [],
  };
}

export function finished(world: World, delivery: Delivery): void {
  delivery.isDone = true;
  for (const gate of delivery.clockwork) world.scheduler.drop(gate);
  if (delivery.host.delivery === delivery) delivery.host.delivery = undefined;
}

/** The process is gone: nothing that it awaited ever comes, and its sockets close. */
export function kill(world: World, delivery: Delivery, why: string): void {
  world.tell(delivery.actor.name, `DIES: ${why}`);
  delivery.actor.isDead = true;
  world.scheduler.dropAllOf(delivery.actor);
  finished(world, delivery);
  delivery.host.memory = new ContainerMemory();
  for (const send of delivery.openSends) {
    clientGone(world, send);
    answerLost(world.truth);
  }
  delivery.openSends.clear();
}

export function clientGone(world: World, send: Send): void {
  send.endedAtMs ??= world.scheduler.nowMs();
  send.onEnd?.();
  send.onEnd = undefined;
}

function shown({ messageId, body, receiveCount }: ReceivedMessage): string {
  const json = JSON.parse(body.startsWith('{') ? body : '{}') as Record<string, unknown>;
  const what = String(json['uploader'] ?? 'event');
  const records = json['Records'] as
    | readonly { s3: { object: { key: string; versionId?: string; eTag: string } } }[]
    | undefined;
  const arrival = json['arrival'] as { key: string; versionId?: string; eTag: string } | undefined;
  const objects = [
    ...(records ?? []).map(({ s3 }) => s3.object),
    ...(arrival === undefined ? [] : [arrival]),
  ];
  const names = objects.map(({ key, versionId, eTag }) => `${key}@${versionId ?? eTag.slice(0, 6)}`);
  const parkId = json['parkId'] === undefined ? '' : ` decision ${String(json['parkId'])}`;
  return `${messageId} (${what} ${names.join(', ')}${parkId}, receive ${receiveCount})`;
}
