import { describe, expect, it } from 'vitest';
import { ConfigProblems } from '../../../lib/config/problems.ts';
import { parseUploaderConfig } from '../../../lib/config/uploader-config.ts';

const route = { prefix: 'invoices/', classificationId: '-Oabc_1' };

/** The lines of the one error that a configuration gets, without its heading. */
function problemsOf(config: unknown): readonly string[] {
  try {
    parseUploaderConfig(config);
  } catch (error) {
    if (!(error instanceof ConfigProblems)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

describe('a configuration that is right', () => {
  it('is accepted with routes alone', () => {
    expect(parseUploaderConfig({ routes: [route] })).toEqual({ routes: [route] });
  });

  it('is accepted with every setting there is', () => {
    const config = {
      $schema: './uploader.config.schema.json',
      extractaUrl: 'https://example.test/api/v1',
      routes: [
        { ...route, name: 'invoices', suffixes: ['.pdf'], batch: { by: 'day', maxFiles: 100 } },
        { ...route, prefix: '', batch: { id: '-Nbatch' }, metadataOverrides: true },
        { ...route, prefix: 'single/', batch: { by: 'object' } },
      ],
      onUnknownOutcome: 'park',
      fileNames: 'as-is',
      fileTypes: ['pdf', '.TIFF'],
      maxDocumentBytes: 1000,
      maxAttempts: 3,
      waits: { quietMs: 0, breakerPausesMs: [1000, 2000] },
    };
    expect(parseUploaderConfig(config)).toEqual(config);
  });

  it('may nest prefixes and may share a prefix between endings that no key shares', () => {
    const routes = [
      { ...route, prefix: 'in/' },
      { ...route, prefix: 'in/special/' },
      { ...route, prefix: 'split/', suffixes: ['.pdf'] },
      { ...route, prefix: 'split/', suffixes: ['.tif', '.tiff'] },
    ];
    expect(problemsOf({ routes })).toEqual([]);
  });

  it('may name an Extracta on this machine without TLS, and its last slash is dropped', () => {
    const config = { routes: [route], extractaUrl: 'http://127.0.0.1:8080/base/' };
    expect(parseUploaderConfig(config).extractaUrl).toBe('http://127.0.0.1:8080/base');
  });
});

describe('a configuration that is wrong', () => {
  it('gets all of its problems in one error, each with where, what was given and what to change', () => {
    const config = {
      routes: [
        { prefix: '/invoices/', classificationId: 7 },
        { prefix: 'b/', classificationId: 'x', batch: { by: 'week' } },
      ],
      maxAttempts: 0,
      onUnknownOutcome: 'retry',
    };
    expect(problemsOf(config)).toEqual([
      'routes[0].prefix: given "/invoices/": leave the leading slash out: S3 keys do not begin with one',
      'routes[0].classificationId: given 7: give the id of the document classification in Extracta, as text',
      'routes[1].batch.by: given "week": give "folder", "day", "route" or "object"',
      'onUnknownOutcome: given "retry": give "send-again" (at least once) or "park" (at most once)',
      'maxAttempts: given 0: give a whole number of at least 1',
    ]);
  });

  it('is told apart by its source in the heading', () => {
    expect(() => parseUploaderConfig({ routes: [] }, 'my.json')).toThrow(
      'my.json: one problem\n  routes: given []: name at least one',
    );
  });

  it('hears of a route that lacks its classification', () => {
    expect(problemsOf({ routes: [{ prefix: 'a/' }] })).toEqual([
      'routes[0].classificationId: missing: give the id of the document classification in Extracta, as text',
    ]);
  });

  it('hears of every setting that does not exist, without its value being shown', () => {
    const config = { routes: [{ ...route, clasification: 'x' }], apiToken: 'secret-1', token: 'secret-2' };
    const problems = problemsOf(config);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'routes[0].clasification',
      'apiToken',
      'token',
    ]);
    expect(problems[0]).toContain(
      'use one of name, prefix, suffixes, classificationId, batch, metadataOverrides',
    );
    expect(problems.join()).not.toContain('secret');
  });

  it('hears of routes that would share a key', () => {
    const routes = [
      { ...route, suffixes: ['.gz'] },
      { ...route, suffixes: ['.tar.GZ'] },
    ];
    expect(problemsOf({ routes, fileTypes: ['pdf', 'gz'] })).toEqual([
      'routes[1].prefix: given "invoices/", as in routes[0], and some keys would belong to both: ' +
        'give one of them another prefix, or both suffixes that no key shares',
    ]);
    expect(problemsOf({ routes: [route, { ...route, suffixes: ['.pdf'] }] })).toHaveLength(1);
  });

  it('hears of overlapping routes beside problems elsewhere', () => {
    expect(problemsOf({ routes: [route, { prefix: 1 }, route], maxAttempts: 'many' })).toHaveLength(4);
  });

  it('hears of routes that would share a key although one of them is wrong elsewhere', () => {
    const problems = problemsOf({ routes: [route, { ...route, batch: { maxFiles: 0 } }] });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'routes[1].batch.maxFiles',
      'routes[1].prefix',
    ]);
  });

  it('hears of an ending whose documents could only be parked', () => {
    const suffixes = ['.exe', '.PDF', '-final', '_scan.tiff', '.tar.gz'];
    expect(problemsOf({ routes: [{ ...route, suffixes }], fileTypes: ['.Pdf', 'tiff', 'gz'] })).toEqual([
      'routes[0].suffixes[0]: given ".exe", whose documents could only be parked, as their type is not among fileTypes: ' +
        'add "exe" to fileTypes (pdf, tiff, gz), or take the ending out',
    ]);
    expect(problemsOf({ routes: [{ ...route, suffixes: ['.gz'] }] })).toHaveLength(1);
  });

  it('hears of such an ending although its route, and fileTypes, are wrong elsewhere', () => {
    const routes = [
      { ...route, prefix: '/in', name: 'a b', suffixes: ['*', '.xyz'] },
      { prefix: 'other/', suffixes: ['.pdf', '.abc'] },
    ];
    expect(problemsOf({ routes, fileTypes: ['pdf', 'a b'] }).map((problem) => problem.split(':')[0])).toEqual(
      [
        'routes[0].name',
        'routes[0].prefix',
        'routes[0].suffixes[0]',
        'routes[1].classificationId',
        'fileTypes[1]',
        'routes[0].suffixes[1]',
        'routes[1].suffixes[1]',
      ],
    );
    // No list at all: nobody can tell what was meant.
    expect(problemsOf({ routes: [{ ...route, suffixes: ['.xyz'] }], fileTypes: 'xyz' })).toHaveLength(1);
  });

  it('hears of routes that would share a key although the name of one is wrong', () => {
    expect(problemsOf({ routes: [{ ...route, name: 'a b' }, route] })).toHaveLength(2);
  });

  it.each(['YOUR_CLASSIFICATION_ID', 'YOUR_OTHER_CLASSIFICATION_ID'])(
    'hears of an id that an example left open: %s',
    (classificationId) => {
      expect(problemsOf({ routes: [{ ...route, classificationId }] })).toEqual([
        `routes[0].classificationId: given "${classificationId}": put the id of your document classification there, as Extracta shows it`,
      ]);
    },
  );

  it('hears of a cap that no object in S3 can reach', () => {
    expect(problemsOf({ routes: [route], maxDocumentBytes: 1e15 })).toEqual([
      expect.stringContaining('maxDocumentBytes: given 1000000000000000: give at most 53687091200000'),
    ]);
  });

  it('hears of maxFiles alone, as the batch is by folder unless it says otherwise', () => {
    expect(problemsOf({ routes: [{ ...route, batch: { maxFiles: 0 } }] })).toEqual([
      'routes[0].batch.maxFiles: given 0: give a whole number of at least 1',
    ]);
    expect(parseUploaderConfig({ routes: [{ ...route, batch: { maxFiles: 9 } }] }).routes[0]?.batch).toEqual({
      by: 'folder',
      maxFiles: 9,
    });
  });

  it('hears of a name given twice', () => {
    const routes = [
      { ...route, name: 'a' },
      { ...route, prefix: 'b/', name: 'a' },
    ];
    expect(problemsOf({ routes })).toEqual([
      'routes[1].name: given "a", as in routes[0]: give each route a name of its own, or leave both out',
    ]);
  });

  it('hears of maxFiles where documents share no batch of ours', () => {
    for (const batch of [
      { by: 'object', maxFiles: 5 },
      { id: 'b', maxFiles: 5 },
    ]) {
      expect(problemsOf({ routes: [{ ...route, batch }] })).toEqual([
        expect.stringContaining('routes[0].batch.maxFiles: not allowed here: remove maxFiles'),
      ]);
    }
    expect(problemsOf({ routes: [{ ...route, batch: { id: 'b', by: 'day' } }] })).toEqual([
      expect.stringContaining('routes[0].batch.by: not allowed here'),
    ]);
  });

  it.each([
    ['ftp://x', 'give a whole URL'],
    ['api.extracta.ai', 'give a whole URL'],
    ['http://extracta.example/api', 'use https'],
    ['https://h/api?x=1', 'leave the query'],
  ])('hears of an Extracta URL that cannot be: %s', (extractaUrl, advice) => {
    expect(problemsOf({ routes: [route], extractaUrl })).toEqual([expect.stringContaining(advice)]);
  });

  it('never shows a password that was put into a URL', () => {
    const problems = problemsOf({ routes: [route], extractaUrl: 'https://me:hunter2@h/api' });
    expect(problems).toEqual([
      'extractaUrl: given "https://…@h/api": leave user and password out: the API token has a secret of its own',
    ]);
  });

  it.each([
    ['s3://bucket/in/', 'without s3://'],
    ['in/*', 'leave the * out'],
    ['é'.repeat(513), 'at most 1,024 bytes'],
  ])('hears of a prefix that would match nothing: %.20s', (prefix, advice) => {
    expect(problemsOf({ routes: [{ ...route, prefix }] })).toEqual([expect.stringContaining(advice)]);
  });

  it('hears of a batch id that is the mark of a batch which nobody knows', () => {
    expect(problemsOf({ routes: [{ ...route, batch: { id: '?' } }] })).toEqual([
      'routes[0].batch.id: given "?": paste the id that Extracta shows: "?" stands for a batch that nobody knows',
    ]);
  });

  it('hears of waits that would use a message up, or hide it for longer than SQS does', () => {
    const waits = {
      backoffFirstMs: 1999,
      backoffCapMs: 43_200_001,
      longDeferralAfterMs: 3_600_001,
      longDeferralMs: 43_200_001,
      replaceAfterMs: 3 * 86_400_000 + 1,
    };
    expect(problemsOf({ routes: [route], waits })).toEqual([
      'waits.backoffFirstMs: given 1999: give 2000 to 43200000 (12 h): a message has 480 receives, and SQS hides it for 12 h at most',
      'waits.backoffCapMs: given 43200001: give 60000 to 43200000 (12 h): a message has 480 receives, and SQS hides it for 12 h at most',
      'waits.replaceAfterMs: given 259200001: give 60000 to 259200000 (3 days): a message has 480 receives, and SQS drops it after 14 days',
      'waits.longDeferralAfterMs: given 3600001: give at most 3600000 (1 h): a message has 480 receives',
      'waits.longDeferralMs: given 43200001: give 1200000 (20 min) to 43200000 (12 h): a message has 480 receives, and SQS hides it for 12 h at most',
    ]);
  });

  it('hears of waits that SQS or Extracta would not bear', () => {
    const waits = {
      resultsGateMs: 10,
      longDeferralMs: 1000,
      replaceAfterMs: 15 * 86_400_000,
      quietMs: -1,
      redriveGapsMs: [120_000, 14 * 86_400_000],
    };
    expect(problemsOf({ routes: [route], waits }).map((problem) => problem.split(':')[0])).toEqual([
      'waits.quietMs',
      'waits.resultsGateMs',
      'waits.replaceAfterMs',
      'waits.longDeferralMs',
      'waits.redriveGapsMs[1]',
    ]);
  });

  it('hears of gaps so short that one run of the schedule would send a document back twice', () => {
    const advice =
      'give 120000 (2 min: as long as one run of the schedule) to 1123200000 (13 days): SQS drops a dead letter after 14';
    expect(problemsOf({ routes: [route], waits: { redriveGapsMs: [0, 120_000, 119_999] } })).toEqual([
      `waits.redriveGapsMs[0]: given 0: ${advice}`,
      `waits.redriveGapsMs[2]: given 119999: ${advice}`,
    ]);
  });

  it.each([undefined, null, 'text', 7])('hears what to give where it is no object: %j', (config) => {
    expect(problemsOf(config)).toEqual([expect.stringContaining('give an object such as {"routes":')]);
  });
});
