import { describe, expect, test } from 'vitest';
import { ContainerMemory } from '../../../lib/pipeline/container-memory.ts';
import { type FailureCode, type FailureFacts, UploaderError } from '../../../lib/pipeline/failures.ts';
import { BREAKER_KEY } from '../../../lib/pipeline/identity.ts';
import type { Arrival, DocumentItem, Outcome } from '../../../lib/pipeline/model.ts';
import {
  BUCKET,
  CLASSIFICATION,
  memoryWorld,
  type World,
  type WorldOptions,
} from '../../support/memory/world.ts';

/** What became of one document that met one failure, in the visit that met it. */
interface Row {
  readonly options?: WorldOptions;
  /** Sets the scene, and answers the document that meets it; the visit that follows is the one that is judged. */
  readonly scene: (world: World) => Promise<Arrival | undefined>;
  readonly outcome: Partial<Outcome> | { readonly code: FailureCode };
  readonly item?: Partial<DocumentItem> | 'none';
  readonly line?: 'paused' | { readonly strikes: number };
}

const MINUTE = 60_000;
const UNKNOWN = [{ classificationId: CLASSIFICATION, batchId: '?' }];
const failing = (code: FailureCode, facts?: FailureFacts) => new UploaderError(code, 'as told', facts);
const deferred = (code: FailureCode) => ({ kind: 'deferred', code }) as const;
const parkedFor = (reason: FailureCode) => ({ kind: 'parked', reason }) as const;
const waiting = (attempts: number) => ({ state: 'waiting', attempts, sentTo: [] }) as const;
const unknown = (attempts: number) => ({ state: 'unknown', attempts, sentTo: UNKNOWN }) as const;

const opensWith = (code: FailureCode) => (world: World) => {
  world.twists.add({ at: 'before source.open', does: failing(code) });
  return world.put('in/a.pdf');
};
const describesWith = (code: FailureCode) => (world: World) => {
  world.twists.add({ at: 'before source.describe', does: failing(code) });
  return world.put('in/a', 'a', { contentType: 'image/png' });
};
const refusedWith =
  (code: FailureCode, facts: FailureFacts = {}) =>
  (world: World) => {
    world.extracta.planUpload({ kind: 'fail', error: failing(code, facts) });
    return world.put('in/a.pdf');
  };
const lostWith = (code: FailureCode) => (world: World) => {
  const error = failing(code, { mayHaveArrived: true });
  world.extracta.planUpload({ kind: 'fail-after', error, kept: true });
  return world.put('in/a.pdf');
};
/** Sent into a known batch, the answer lost. */
const sentAndLost = async (world: World) => {
  await world.put('in/opener.pdf');
  await world.deliver();
  world.extracta.planUpload({ kind: 'lose-answer', kept: false });
  const arrival = await world.put('in/a.pdf');
  await world.deliver();
  await world.untilNextMessage();
  return arrival;
};

const takeOver = (world: World, arrival: Arrival) => {
  const item = world.document(arrival);
  if (item) world.ledger.store({ ...item, state: 'uploading', claimToken: 'another', rev: 'another' });
};

const ROWS: Record<FailureCode, Row> = {
  'arrival.malformed': {
    scene: async (world) => void (await world.queue.send('{"Records": 1}')),
    outcome: parkedFor('arrival.malformed'),
  },
  'route.none': {
    scene: async (world) => {
      const arrival = await refusedWith('document.stalled')(world);
      await world.deliver();
      await world.untilNextMessage();
      world.settings = { ...world.settings, routes: [] };
      return arrival;
    },
    outcome: parkedFor('route.none'),
    item: { state: 'parked', attempts: 1, sentTo: [] },
  },
  'route.invalid-metadata': {
    options: { route: { metadataOverrides: true } },
    scene: (world) => world.put('in/a.pdf', 'a', { metadata: { 'extracta-batch-id': 'two words' } }),
    outcome: parkedFor('route.invalid-metadata'),
    item: { state: 'parked', attempts: 0 },
  },

  'document.gone': {
    scene: async (world) => {
      const arrival = await world.put('in/a.pdf');
      world.source.removeVersion(arrival);
      return arrival;
    },
    outcome: { kind: 'skipped', reason: 'document.gone' },
    item: { state: 'skipped', skippedBecause: 'document.gone', sentTo: [] },
  },
  'document.superseded': {
    options: { versioned: false },
    scene: async (world) => {
      const arrival = await world.put('in/a.pdf', 'old');
      world.source.put(BUCKET, 'in/a.pdf', 'new');
      return arrival;
    },
    outcome: { kind: 'skipped', reason: 'document.superseded' },
    item: { state: 'skipped', skippedBecause: 'document.superseded', sentTo: [] },
  },
  'document.empty': {
    scene: (world) => world.put('in/a.pdf', ''),
    outcome: parkedFor('document.empty'),
    item: { state: 'parked', attempts: 0 },
  },
  'document.unsupported-type': {
    scene: (world) => world.put('in/a.exe'),
    outcome: parkedFor('document.unsupported-type'),
    item: { state: 'parked', attempts: 0 },
  },
  'document.too-large': {
    options: { settings: { maxDocumentBytes: 3 } },
    scene: (world) => world.put('in/a.pdf', 'four'),
    outcome: parkedFor('document.too-large'),
    item: { state: 'parked', attempts: 0 },
  },
  'document.access-denied': {
    scene: describesWith('document.access-denied'),
    outcome: deferred('document.access-denied'),
    item: waiting(1),
  },
  'document.throttled': {
    scene: opensWith('document.throttled'),
    outcome: deferred('document.throttled'),
    item: waiting(1),
  },
  'document.unavailable': {
    scene: (world) => {
      world.source.breakNextBody(2);
      return world.put('in/a.pdf');
    },
    outcome: deferred('document.unavailable'),
    item: waiting(1),
  },
  'document.stalled': {
    scene: refusedWith('document.stalled'),
    outcome: deferred('document.stalled'),
    item: waiting(1),
  },
  'document.size-mismatch': {
    scene: async (world) => {
      const arrival = await world.put('in/a.pdf', 'four');
      await world.queue.acknowledge((await world.queue.receive())[0]?.receiptHandle ?? '');
      await world.announce({ ...arrival, sizeBytes: 5 });
      return arrival;
    },
    outcome: deferred('document.size-mismatch'),
    item: waiting(1),
  },

  'claim.held': {
    scene: async (world) => {
      const arrival = await world.put('in/a.pdf');
      const holder = await world.start({ holds: 'before extracta.upload', container: new ContainerMemory() });
      await holder.held;
      await world.announce(arrival);
      return arrival;
    },
    outcome: deferred('claim.held'),
    item: { state: 'uploading', attempts: 1 },
  },
  'claim.lost': {
    scene: async (world) => {
      const arrival = await sentAndLost(world);
      await world.clock.advance(15.5 * MINUTE);
      const isBegun = ({ attempts }: DocumentItem) => attempts === 2;
      world.twists.add({ at: 'before ledger.write', of: isBegun, does: () => takeOver(world, arrival) });
      return arrival;
    },
    outcome: deferred('claim.lost'),
    item: { state: 'uploading', claimToken: 'another', attempts: 1 },
    line: { strikes: 1 },
  },

  'batch.opening': {
    scene: async (world) => {
      await world.put('in/opener.pdf');
      const opener = await world.start({ holds: 'before extracta.upload', container: new ContainerMemory() });
      await opener.held;
      return world.put('in/a.pdf');
    },
    outcome: deferred('batch.opening'),
    item: waiting(0),
  },
  'batch.unknown': {
    scene: async (world) => {
      const opener = await world.put('in/opener.pdf');
      await world.deliver();
      world.extracta.deleteBatch(CLASSIFICATION, world.document(opener)?.mapping?.batchId ?? '');
      return world.put('in/a.pdf');
    },
    outcome: deferred('batch.unknown'),
    item: waiting(1),
  },
  'batch.not-found': {
    options: { route: { batch: { id: 'gone' } } },
    scene: (world) => world.put('in/a.pdf'),
    outcome: parkedFor('batch.not-found'),
    item: { state: 'parked', attempts: 1 },
  },

  'line.paused': {
    scene: async (world) => {
      world.extracta.planUpload({ kind: 'fail', error: failing('extracta.unauthorized') });
      await world.put('in/first.pdf');
      await world.deliver();
      return world.put('in/a.pdf');
    },
    outcome: deferred('line.paused'),
    item: waiting(0),
    line: 'paused',
  },
  'extracta.throttled': {
    scene: refusedWith('extracta.throttled', { retryAfterMs: MINUTE, httpStatus: 429 }),
    outcome: deferred('extracta.throttled'),
    item: waiting(0),
    line: 'paused',
  },
  'extracta.unauthorized': {
    scene: refusedWith('extracta.unauthorized'),
    outcome: deferred('extracta.unauthorized'),
    item: waiting(0),
    line: 'paused',
  },
  'extracta.forbidden': {
    scene: refusedWith('extracta.forbidden'),
    outcome: deferred('extracta.forbidden'),
    item: waiting(1),
    line: { strikes: 1 },
  },
  'extracta.token-rotated': {
    scene: refusedWith('extracta.token-rotated'),
    outcome: deferred('extracta.token-rotated'),
    item: waiting(0),
  },
  'extracta.out-of-credits': {
    scene: refusedWith('extracta.out-of-credits'),
    outcome: deferred('extracta.out-of-credits'),
    item: waiting(0),
    line: 'paused',
  },
  'extracta.no-connection': {
    scene: refusedWith('extracta.no-connection'),
    outcome: deferred('extracta.no-connection'),
    item: waiting(0),
    line: { strikes: 1 },
  },
  'extracta.unreachable': {
    scene: refusedWith('extracta.unreachable'),
    outcome: deferred('extracta.unreachable'),
    item: waiting(1),
    line: { strikes: 1 },
  },
  'extracta.unavailable': {
    scene: lostWith('extracta.unavailable'),
    outcome: deferred('extracta.unavailable'),
    item: unknown(1),
    line: { strikes: 1 },
  },
  'extracta.classification-not-found': {
    options: { classifications: [] },
    scene: (world) => world.put('in/a.pdf'),
    outcome: parkedFor('extracta.classification-not-found'),
    item: { state: 'parked', attempts: 1 },
  },
  'extracta.rejected': {
    scene: refusedWith('extracta.rejected'),
    outcome: parkedFor('extracta.rejected'),
    item: { state: 'parked', attempts: 1 },
  },
  'extracta.too-large': {
    scene: refusedWith('extracta.too-large'),
    outcome: parkedFor('extracta.too-large'),
    item: { state: 'parked', attempts: 1 },
  },
  'extracta.unsupported': {
    scene: refusedWith('extracta.unsupported'),
    outcome: parkedFor('extracta.unsupported'),
    item: { state: 'parked', attempts: 1 },
  },
  'extracta.reply-lost': {
    scene: (world) => {
      world.extracta.planUpload({ kind: 'lose-answer', kept: true });
      return world.put('in/a.pdf');
    },
    outcome: deferred('extracta.reply-lost'),
    item: unknown(1),
    line: { strikes: 1 },
  },
  'extracta.reply-unreadable': {
    scene: lostWith('extracta.reply-unreadable'),
    outcome: deferred('extracta.reply-unreadable'),
    item: unknown(1),
    line: { strikes: 1 },
  },

  'upload.out-of-time': {
    scene: refusedWith('upload.out-of-time'),
    outcome: deferred('upload.out-of-time'),
    item: waiting(1),
  },
  'upload.attempts-exhausted': {
    options: { settings: { maxAttempts: 1 } },
    scene: async (world) => {
      const arrival = await sentAndLost(world);
      await world.clock.advance(15.5 * MINUTE);
      return arrival;
    },
    outcome: parkedFor('upload.attempts-exhausted'),
    item: { state: 'parked', attempts: 1, sentTo: [] },
    line: { strikes: 1 },
  },
  'upload.unverifiable': {
    options: { settings: { onUnknownOutcome: 'park' } },
    scene: async (world) => {
      world.extracta.planUpload({ kind: 'lose-answer', kept: true });
      const arrival = await world.put('in/a.pdf');
      await world.deliver();
      await world.untilNextMessage();
      return arrival;
    },
    outcome: parkedFor('upload.unverifiable'),
    item: { state: 'parked', attempts: 1, sentTo: UNKNOWN },
    line: { strikes: 1 },
  },
  'upload.unverified': {
    scene: sentAndLost,
    outcome: deferred('upload.unverified'),
    item: { state: 'unknown', attempts: 1, looks: 1 },
    line: { strikes: 1 },
  },

  'results.paced': {
    scene: async (world) => {
      const arrival = await sentAndLost(world);
      const gate = { kind: 'gate', partition: '#line', sort: 'results-gate' } as const;
      world.ledger.store({ ...gate, namesKept: true, nextAllowedAtMs: world.clock.nowMs() + 1, rev: 'r' });
      return arrival;
    },
    outcome: deferred('results.paced'),
    item: { state: 'unknown', attempts: 1, looks: 0 },
    line: { strikes: 1 },
  },
  'results.inconclusive': {
    scene: async (world) => {
      const arrival = await sentAndLost(world);
      world.extracta.planResults({ kind: 'waiting' });
      return arrival;
    },
    outcome: deferred('results.inconclusive'),
    item: { state: 'unknown', attempts: 1, looks: 1 },
    line: { strikes: 1 },
  },
  'invocation.ending': {
    options: { waits: { sendFloorMs: 5 * MINUTE } },
    scene: (world) => world.put('in/a.pdf'),
    outcome: deferred('invocation.ending'),
    item: waiting(0),
  },

  'ledger.throttled': {
    scene: (world) => {
      world.twists.add({ at: 'before ledger.read', does: failing('ledger.throttled') });
      return world.put('in/a.pdf');
    },
    outcome: deferred('ledger.throttled'),
    item: waiting(0),
  },
  'ledger.unavailable': {
    scene: (world) => {
      world.twists.add({ at: 'before ledger.read', times: 99, does: failing('ledger.unavailable') });
      world.twists.add({ at: 'before ledger.write', times: 99, does: failing('ledger.unavailable') });
      return world.put('in/a.pdf');
    },
    outcome: deferred('ledger.unavailable'),
    item: 'none',
  },
  'queue.unavailable': {
    scene: (world) => {
      world.twists.add({ at: 'before outbox.park', does: failing('queue.unavailable') });
      return world.put('in/a.exe');
    },
    outcome: deferred('queue.unavailable'),
    item: waiting(0),
  },
  'secret.unavailable': {
    scene: refusedWith('secret.unavailable'),
    outcome: deferred('secret.unavailable'),
    item: waiting(0),
    line: 'paused',
  },
  'internal.unexpected': {
    scene: (world) => {
      world.twists.add({ at: 'after extracta.upload', does: new TypeError('a defect of ours') });
      return world.put('in/a.pdf');
    },
    outcome: deferred('internal.unexpected'),
    item: unknown(1),
  },
};

describe('what each failure comes to', () => {
  test.each(Object.entries(ROWS))('%s', async (_, { options, scene, outcome, item, line }) => {
    const world = memoryWorld(options);
    const arrival = await scene(world);
    expect(await world.outcomes({ container: new ContainerMemory() })).toMatchObject([outcome]);
    const left = arrival && world.document(arrival);
    if (item === 'none') expect(left).toBeUndefined();
    else if (item !== undefined) expect(left).toMatchObject(item);
    const breaker = world.ledger.peek(BREAKER_KEY);
    if (line === 'paused') expect(breaker?.state).toBe('paused');
    else
      expect(breaker ?? { state: 'closed', strikes: 0 }).toMatchObject({
        state: 'closed',
        strikes: 0,
        ...line,
      });
  });

  test.each(Object.entries(ROWS).filter(([code]) => !['ledger.unavailable', 'claim.lost'].includes(code)))(
    '%s: what is deferred has a message, and what is parked its dead letter',
    async (_, row) => {
      const world = memoryWorld(row.options);
      await row.scene(world);
      const before = world.queue.messages().length;
      const [outcome] = await world.outcomes({ container: new ContainerMemory() });
      const kept = outcome?.kind === 'deferred' || outcome?.kind === 'skipped';
      const requeued = outcome?.kind === 'skipped' && outcome.reason === 'document.gone' ? 0 : 1;
      expect(world.queue.messages().length).toBe(kept ? before - 1 + requeued : before - 1);
      expect(world.deadLetters.messages().length).toBe(outcome?.kind === 'parked' ? 1 : 0);
    },
  );
});

describe('a failure that may have let the document through', () => {
  describe.each(['extracta.throttled', 'extracta.unauthorized', 'extracta.out-of-credits'] as const)(
    '%s after the last byte',
    (code) => {
      test('is verified first; the attempt is given back where it can be looked for', async () => {
        const world = memoryWorld();
        await world.put('in/opener.pdf');
        await world.deliver();
        const arrival = await lostWith(code)(world);
        expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code }]);
        expect(world.document(arrival)).toMatchObject({ state: 'unknown', attempts: 0 });
        expect(world.document(arrival)?.lostAtMs).toBe(world.clock.nowMs() + MINUTE / 2);
        expect(world.journal.named('outcome.lost')).toMatchObject([{ fields: { code } }]);
      });

      test('costs an attempt where nobody can look: each may make one more file', async () => {
        const world = memoryWorld();
        const arrival = await lostWith(code)(world);
        await world.deliver();
        expect(world.document(arrival)).toMatchObject(unknown(1));
      });
    },
  );

  test('an opener whose answer is lost frees its slot at once', async () => {
    const world = memoryWorld();
    await lostWith('extracta.unavailable')(world);
    await world.deliver();
    expect(world.slots()).toMatchObject([{ state: 'free', generation: 1 }]);
  });

  test('a defect of ours before any send began counts, so that it ends in the dead-letter queue', async () => {
    const world = memoryWorld({ settings: { maxAttempts: 2 } });
    const defect = {
      of: ({ kind }: { kind: string }) => kind === 'slot',
      does: new TypeError('a defect of ours'),
    };
    world.twists.add({ at: 'before ledger.write', times: 2, ...defect });
    const arrival = await world.put('in/a.pdf');
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'internal.unexpected' }]);
    expect(world.document(arrival)).toMatchObject(waiting(1));
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'parked', attempts: 2 });
    expect(world.extracta.uploads).toEqual([]);
  });
});

/** Delivers for a while; between any two deliveries another document gets through, which keeps the line open. */
const deliverAmongOthers = async (world: World, rounds: number) => {
  for (let n = 0; n < rounds; n += 1) {
    await world.untilNextMessage();
    await world.deliver();
    await world.put(`others/${n}.pdf`);
    await world.deliver({
      only: ({ body }) => body.includes(`others%2F${n}.pdf`) || body.includes(`others/${n}.pdf`),
    });
  }
};
const isTheOne = ({ fileName }: { fileName: string }) => fileName.startsWith('the-one~');

describe('attempts', () => {
  test.each([
    ['document.throttled', 'before source.open'],
    ['extracta.unreachable', 'before extracta.upload'],
  ] as const)('end in the dead-letter queue: %s', async (code, at) => {
    const world = memoryWorld({ settings: { maxAttempts: 3 } });
    const of = (subject: object) => JSON.stringify(Object.values(subject)).includes('the-one');
    world.twists.add({ at, of, times: 9, does: failing(code) });
    const arrival = await world.put('in/the-one.pdf');
    await deliverAmongOthers(world, 8);
    expect(world.document(arrival)).toMatchObject({ state: 'parked', attempts: 3, lastFailure: { code } });
    expect(world.deadLetters.messages()).toMatchObject([{ attributes: { reasonCode: code, attempts: '3' } }]);
  });

  test('a document that S3 will not let us describe ends there too', async () => {
    const world = memoryWorld({ settings: { maxAttempts: 2 } });
    world.twists.add({ at: 'before source.describe', times: 2, does: failing('document.access-denied') });
    const arrival = await world.put('in/a', 'a', { contentType: 'image/png' });
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'parked', attempts: 2 });
    expect(world.extracta.uploads).toEqual([]);
  });

  test('are spent by lost answers too: what surely is not there and was sent often enough is parked', async () => {
    const world = memoryWorld({ settings: { maxAttempts: 3 } });
    await world.put('in/opener.pdf');
    await world.deliver();
    const lost = { of: isTheOne, times: 3, does: failing('extracta.reply-lost') };
    world.twists.add({ at: 'before extracta.upload', ...lost });
    const arrival = await world.put('in/the-one.pdf');
    await deliverAmongOthers(world, 60);
    expect(world.document(arrival)).toMatchObject({ state: 'parked', attempts: 3, sentTo: [] });
    expect(world.filesOf(arrival)).toEqual([]);
    await world.redrive();
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded', attempts: 1, redrives: 1 });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('are spent by lost answers too where nobody can look: no document is sent for ever', async () => {
    const world = memoryWorld({ settings: { maxAttempts: 3 }, route: { batch: { by: 'object' } } });
    const lost = { of: isTheOne, times: 9, does: failing('extracta.reply-lost') };
    world.twists.add({ at: 'after extracta.upload', ...lost });
    const arrival = await world.put('in/the-one.pdf');
    await deliverAmongOthers(world, 20);
    expect(world.document(arrival)).toMatchObject({ state: 'parked', attempts: 3, sentTo: UNKNOWN });
    expect(world.filesOf(arrival)).toHaveLength(3);
  });
});

describe('when even the end of a visit fails', () => {
  test('the message stays, and the claim lapses', async () => {
    const world = memoryWorld();
    world.extracta.planUpload({ kind: 'fail', error: failing('document.stalled') });
    world.twists.add({ at: 'after extracta.upload', does: () => {} });
    const arrival = await world.put('in/a.pdf');
    const down = { at: 'before ledger.write', times: 9, does: failing('ledger.unavailable') } as const;
    const run = await world.start({
      twists: [{ ...down, of: (item: DocumentItem) => item.state === 'waiting' }],
    });
    const verdicts = await world.clock.drive(run.ended);
    expect(verdicts).toMatchObject([{ kind: 'keep', outcomes: [{ code: 'ledger.unavailable' }] }]);
    expect(world.document(arrival)).toMatchObject({ state: 'uploading' });
    expect(world.journal.named('conclusion.failed')).toMatchObject([
      { fields: { code: 'document.stalled' } },
    ]);
    await world.deliverUntilQuiet();
    expect(world.document(arrival)).toMatchObject({ state: 'uploaded' });
    expect(world.filesOf(arrival)).toHaveLength(1);
  });

  test('a breaker that can not be told costs the document nothing more', async () => {
    const world = memoryWorld();
    const arrival = await refusedWith('extracta.unauthorized')(world);
    world.twists.add({
      at: 'before ledger.write',
      of: (item: { kind: string }) => item.kind === 'breaker',
      does: failing('ledger.throttled'),
    });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'extracta.unauthorized' }]);
    expect(world.document(arrival)).toMatchObject(waiting(0));
    expect(world.journal.named('breaker.untold')).toMatchObject([
      { fields: { because: 'ledger.throttled' } },
    ]);
  });

  test('nor does one that breaks on a defect of ours', async () => {
    const world = memoryWorld();
    await refusedWith('extracta.unauthorized')(world);
    world.twists.add({
      at: 'before ledger.write',
      of: (item: { kind: string }) => item.kind === 'breaker',
      does: new TypeError('a defect of ours'),
    });
    expect(await world.outcomes()).toMatchObject([{ kind: 'deferred', code: 'extracta.unauthorized' }]);
    expect(world.journal.named('breaker.untold')).toHaveLength(1);
  });
});
