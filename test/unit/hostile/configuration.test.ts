import fc from 'fast-check';
import { expect, it } from 'vitest';
import { completeRoutes } from '../../../lib/config/routes.ts';
import { ConfigProblems, parseUploaderConfig } from '../../../lib/config/uploader-config.ts';
import { CANARY_TOKEN } from '../../support/leaks/canaries.ts';

/** Mostly true, so that some are taken. */
const mostly = (truth: fc.Arbitrary<unknown>, ...others: readonly unknown[]) =>
  fc.oneof({ weight: 12, arbitrary: truth }, { weight: 1, arbitrary: fc.constantFrom(...others) });
/** Sometimes with something more: a token that was put in the wrong place, or anything. */
const sometimesWith = <T>(base: fc.Arbitrary<T>, name: string, value: fc.Arbitrary<unknown>) =>
  fc.tuple(base, fc.nat(9), value).map(([it, dice, more]) => (dice === 0 ? { ...it, [name]: more } : it));
const strayToken = fc.constant(CANARY_TOKEN);

it('a configuration of any shape is taken, its routes each by a name of their own; or refused, and no token in it told', () => {
  const route = fc.record(
    {
      name: mostly(fc.stringMatching(/^\w{1,3}$/), 7, 'a b', ''),
      prefix: fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('a/', 'b/', 'ä/', '')),
      suffixes: mostly(fc.constantFrom(['.pdf'], ['.tif', '.TXT']), [], '.pdf', ['']),
      classificationId: mostly(fc.constantFrom('-Oa', '-Ob'), '', 'a b', 7, '?'),
      batch: mostly(
        fc.constantFrom({ by: 'day' }, { by: 'route', maxFiles: 2 }, { id: '-Ox' }),
        { by: 'moon' },
        null,
      ),
    },
    { requiredKeys: ['prefix', 'classificationId'] },
  );
  const routes = fc.array(sometimesWith(route, 'apiToken', strayToken), { minLength: 1, maxLength: 4 });
  const plain = fc.record({ routes });
  const config = sometimesWith(
    sometimesWith(plain, 'token', strayToken),
    'waits',
    fc.jsonValue({ maxDepth: 1 }),
  );
  let taken = 0;
  fc.assert(
    fc.property(
      fc.oneof({ weight: 9, arbitrary: config }, { weight: 1, arbitrary: fc.jsonValue() }),
      (given) => {
        try {
          const names = completeRoutes(parseUploaderConfig(given).routes).map(({ name }) => name);
          expect(new Set(names).size).toBe(names.length);
          for (const name of names) expect(name).toMatch(/^[\w.-]+$/);
          taken += 1;
        } catch (error) {
          if (!(error instanceof ConfigProblems)) throw error;
          expect(error.message).not.toContain(CANARY_TOKEN);
        }
      },
    ),
    { seed: 1, numRuns: 1000 },
  );
  expect(taken).toBeGreaterThan(20);
});
