import { Agent, request } from 'undici';
import { breakerRules } from '../../pipeline/breaker.ts';
import { UploaderError } from '../../pipeline/failures.ts';
import { BREAKER_KEY, GATE_KEY } from '../../pipeline/identity.ts';
import { extractaOf, extractaUrlOf, type OpenLine, tokenOf } from '../open-line.ts';
import { iso } from '../story.ts';
import { checked, type Finding, ok, unknown, wrong } from './finding.ts';

const PATIENCE_MS = 10_000;
const MOST_CHARACTERS = 10_000;
/** As wrong as two clocks may be: `Waits.skewMs`. */
const SKEW_MS = 30_000;

const UNREACHED = 'Is the address right (--extracta-url), and may this machine reach it?';

/** Token, account, classifications, clock; and what the line itself has learnt of Extracta. */
export async function extractaFindings(
  open: OpenLine,
  classificationIds: readonly string[],
): Promise<readonly Finding[]> {
  const secret = await checked('secret', () => secretSet(open));
  const token = secret.every(({ verdict }) => verdict === 'ok');
  const account = token ? await checked('token', () => accountOf(open), UNREACHED) : [];
  const isAccepted = token && !account.some(({ check, verdict }) => check === 'token' && verdict !== 'ok');
  return [
    ...secret,
    ...account,
    ...(token ? [] : ['token', 'credits', 'clock'].map(notAsked)),
    ...(isAccepted ? await classifications(open, classificationIds) : [notAsked('classification')]),
    ...(await checked('breaker', () => learnt(open))),
  ];
}

const notAsked = (check: string) => unknown(check, 'Not asked: there is no token that Extracta takes.');

async function secretSet(open: OpenLine): Promise<Finding> {
  const check = 'secret';
  const { host, line } = open;
  if (line.secretId === undefined && (host.apiToken?.trim() || line.embeddedToken) === undefined)
    return unknown(
      check,
      'No secret is named, and EXTRACTA_API_TOKEN is not set.',
      'Give --secret-id, or set EXTRACTA_API_TOKEN.',
    );
  try {
    // What the function reads, whatever EXTRACTA_API_TOKEN says.
    const asFunction =
      line.secretId === undefined ? open : { ...open, host: { ...host, apiToken: undefined } };
    const token = await tokenOf(asFunction).get(host.interrupted);
    if (/[^\x21-\x7e]/.test(token))
      return wrong(
        check,
        'The token holds blanks or letters that no API key has.',
        'Copy it from Extracta again.',
      );
    return ok(check, 'A token is set.');
  } catch (error) {
    if (!(error instanceof UploaderError)) throw error;
    return wrong(
      check,
      error.message,
      'Set it, from a file: aws secretsmanager put-secret-value --secret-id … --secret-string file://TOKEN_FILE',
    );
  }
}

/** GET /credits: a cheap question that shows whether the token counts, what is left, and what time it is there. */
async function accountOf(open: OpenLine): Promise<readonly Finding[]> {
  const { line, host } = open;
  const token = await tokenOf(open).get(host.interrupted);
  const askedAtMs = host.clock.nowMs();
  const dispatcher = new Agent();
  try {
    const { statusCode, headers, body } = await request(`${extractaUrlOf(line)}/credits`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([host.interrupted, AbortSignal.timeout(PATIENCE_MS)]),
      dispatcher,
    });
    const text = (await body.text()).slice(0, MOST_CHARACTERS);
    return [
      tokenFinding(statusCode, text),
      ...creditsFinding(statusCode, text),
      clockFinding(headers['date'], askedAtMs),
    ];
  } finally {
    await dispatcher.close();
  }
}

function tokenFinding(status: number, text: string): Finding {
  if (status === 401 || status === 403)
    return wrong(
      'token',
      `Extracta refuses the token (${status}).`,
      'Put a token of this account into the secret; the line then goes on by itself.',
    );
  if (creditsIn(text) === undefined)
    return unknown(
      'token',
      `Extracta does not answer GET /credits as it is known to (${status}).`,
      'Is --extracta-url right?',
    );
  return ok('token', 'Extracta takes the token.');
}

function creditsFinding(status: number, text: string): readonly Finding[] {
  const credits = creditsIn(text);
  if (status >= 400 || credits === undefined) return [];
  return credits > 0
    ? [ok('credits', `${credits} pages are left.`)]
    : [
        wrong(
          'credits',
          'The account has no credits left: documents wait.',
          'Buy credits at Extracta; the line then goes on by itself.',
        ),
      ];
}

function creditsIn(text: string): number | undefined {
  try {
    const { credits } = JSON.parse(text) as { credits?: unknown };
    return typeof credits === 'number' ? credits : undefined;
  } catch {
    return undefined;
  }
}

function clockFinding(date: string | string[] | undefined, nowMs: number): Finding {
  const thereMs = Date.parse(String(date));
  if (Number.isNaN(thereMs)) return unknown('clock', 'Extracta’s answer bears no time.');
  const skewMs = Math.abs(nowMs - thereMs);
  return skewMs <= SKEW_MS
    ? ok('clock', 'This machine’s clock agrees with Extracta’s.')
    : wrong(
        'clock',
        `This machine’s clock is ${Math.round(skewMs / 1000)} s away from Extracta’s: times told here are wrong, and AWS refuses requests after 5 min.`,
        'Set the clock (NTP).',
      );
}

async function classifications(open: OpenLine, ids: readonly string[]): Promise<readonly Finding[]> {
  const check = 'classification';
  if (ids.length === 0)
    return [
      unknown(
        check,
        'No configuration names one.',
        'Give --config=FILE (what was deployed) or --classification-id=ID.',
      ),
    ];
  const extracta = extractaOf(open);
  try {
    const asked = ids.map((id) =>
      checked(check, async () =>
        (await extracta.seesClassification(id, open.host.interrupted))
          ? ok(check, `Extracta knows ${id}.`)
          : wrong(
              check,
              `Extracta does not know the classification ${id}.`,
              'Put an id of this account into the route and deploy again; then redrive.',
            ),
      ),
    );
    return (await Promise.all(asked)).flat();
  } finally {
    await extracta.close();
  }
}

async function learnt({ ledger, host }: OpenLine): Promise<readonly Finding[]> {
  const [breaker, gate] = await Promise.all([ledger.read(BREAKER_KEY), ledger.read(GATE_KEY)]);
  const isOpen = breakerRules.lineState(breaker, host.clock.nowMs(), 0).kind === 'open';
  const until = breaker?.pausedUntilMs === undefined ? '' : ` until ${iso(breaker.pausedUntilMs)}`;
  return [
    isOpen
      ? ok('breaker', 'The line to Extracta is open.')
      : wrong(
          'breaker',
          `The line is paused${until}: ${breaker?.because ?? 'no reason noted'}.`,
          'Mend what it says; it tries again by itself, and no document loses an attempt.',
        ),
    gate?.namesKept === false
      ? wrong(
          'names',
          'Extracta changed the name of a file: lost answers can no longer be verified.',
          'Ask Extracta; until then each lost answer may cost a second file (onUnknownOutcome).',
        )
      : ok('names', 'Extracta keeps the names that are sent.'),
  ];
}
