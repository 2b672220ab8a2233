import type { Connection } from '../aws/clients.ts';
import { functionEnvironment } from '../aws/deployed-function.ts';
import { type RunningLine, runningLines } from '../aws/running-line.ts';
import { type StackNames, stackNames } from '../aws/stack-names.ts';
import { readUploaderConfig } from '../config/config-file.ts';
import { pipelineSettings } from '../config/pipeline-settings.ts';
import { ConfigProblems } from '../config/problems.ts';
import { DEFAULT_EXTRACTA_URL } from '../config/uploader-config.ts';
import { DEFAULT_WAITS, type PipelineSettings } from '../pipeline/settings.ts';
import { Refusal } from './refusal.ts';

/** Which line a person means. */
export interface LineChoice {
  readonly local?: boolean;
  /** Which of several runs on this machine: its process. Implies `local`. */
  readonly run?: number;
  readonly stack?: string;
  readonly bucket?: string;
  readonly queueUrl?: string;
  readonly deadLetterQueueUrl?: string;
  readonly table?: string;
  readonly secretId?: string;
  readonly extractaUrl?: string;
  readonly config?: string;
}

export interface LineInUse {
  readonly origin: 'stack' | 'local' | 'names';
  /** For people. */
  readonly title: string;
  readonly bucket: string | undefined;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly tableName: string;
  readonly secretId: string | undefined;
  /** Undefined: where the function sends to could not be asked. */
  readonly extractaUrl: string | undefined;
  /** The embedded Extracta's. */
  readonly embeddedToken: string | undefined;
  /** Undefined: as the standard AWS variables say. */
  readonly connection: Connection | undefined;
  readonly stack: StackNames | undefined;
  /** Undefined: no configuration was named, and the deployed one can't be asked. */
  readonly settings: PipelineSettings | undefined;
}

export const DEFAULT_STACK = 'ExtractaUploader';

/**
 * The pipeline's own where the configuration is not known: what is told by them says so. Where a stack was deployed without
 * its scheduled redrive nothing comes back by itself.
 */
export function termsOf({
  settings,
  stack,
}: LineInUse): Pick<PipelineSettings, 'onUnknownOutcome' | 'waits'> {
  const terms = settings ?? { onUnknownOutcome: 'send-again', waits: DEFAULT_WAITS };
  const isLeftOut = stack !== undefined && stack.redrive === undefined;
  return isLeftOut ? { ...terms, waits: { ...terms.waits, redriveGapsMs: [] } } : terms;
}

/** How a line is looked for. */
export interface LineSearch {
  /** Where runs on this machine leave word. Default: `runningLinesFolder()`. */
  readonly runningFolder?: string | undefined;
  /** Something will be done to it: of several runs none is guessed. */
  readonly acts?: boolean;
}

/** Throws `Refusal`, and what CloudFormation answers. */
export async function findLine(choice: LineChoice, search: LineSearch = {}): Promise<LineInUse> {
  const isLocal = choice.local === true || choice.run !== undefined;
  if (isLocal && choice.stack !== undefined)
    throw new Refusal(
      `${choice.local === true ? '--local' : '--run'} and --stack name two lines: give one of them.`,
    );
  if (isLocal) return localLine(choice, search);
  const { queueUrl, deadLetterQueueUrl, table } = choice;
  const isNamed = choice.stack === undefined && [queueUrl, deadLetterQueueUrl, table].every(isGiven);
  return isNamed ? namedLine(choice, undefined) : stackLine(choice);
}

const isGiven = (name: string | undefined) => name !== undefined;

async function stackLine(choice: LineChoice): Promise<LineInUse> {
  const name = choice.stack ?? DEFAULT_STACK;
  const stack = await stackNames(name);
  if (stack === undefined)
    throw new Refusal(
      `There is no stack ${name} in this account and region: name it with --stack, set AWS_REGION or AWS_PROFILE, use --local, or give --queue-url, --dead-letter-queue-url and --table.`,
    );
  const told = stack.functionName === undefined ? undefined : await functionEnvironment(stack.functionName);
  return namedLine(choice, {
    name,
    stack: withTold(stack, told ?? {}),
    extractaUrl: told && (told['UPLOADER_EXTRACTA_URL'] ?? DEFAULT_EXTRACTA_URL),
  });
}

/** What the stack was given from outside is none of its resources; its function was told all the same. */
function withTold(stack: StackNames, told: Readonly<Record<string, string>>): StackNames {
  return {
    ...stack,
    queueUrl: stack.queueUrl ?? told['UPLOADER_QUEUE_URL'],
    deadLetterQueueUrl: stack.deadLetterQueueUrl ?? told['UPLOADER_DEAD_LETTER_QUEUE_URL'],
    tableName: stack.tableName ?? told['UPLOADER_TABLE_NAME'],
    secretId: stack.secretId ?? told['UPLOADER_API_TOKEN_SECRET_ID'],
  };
}

interface Deployed {
  readonly name: string;
  readonly stack: StackNames;
  readonly extractaUrl: string | undefined;
}

async function namedLine(choice: LineChoice, deployed: Deployed | undefined): Promise<LineInUse> {
  const stack = deployed?.stack;
  const what = deployed === undefined ? undefined : `The stack ${deployed.name}`;
  return {
    origin: deployed === undefined ? 'names' : 'stack',
    title: deployed === undefined ? 'the names given' : `stack ${deployed.name} (${stack?.region})`,
    bucket: choice.bucket ?? stack?.bucket,
    queueUrl: required(choice.queueUrl ?? stack?.queueUrl, '--queue-url', what),
    deadLetterQueueUrl: required(
      choice.deadLetterQueueUrl ?? stack?.deadLetterQueueUrl,
      '--dead-letter-queue-url',
      what,
    ),
    tableName: required(choice.table ?? stack?.tableName, '--table', what),
    secretId: choice.secretId ?? stack?.secretId,
    // The token must go to the Extracta that the function sends to, and to no other.
    extractaUrl: choice.extractaUrl ?? (deployed === undefined ? DEFAULT_EXTRACTA_URL : deployed.extractaUrl),
    embeddedToken: undefined,
    connection: undefined,
    stack,
    settings: await settingsIn(choice.config, 1),
  };
}

function required(name: string | undefined, flag: string, what = 'What was given'): string {
  if (name !== undefined && name !== '') return name;
  throw new Refusal(`${what} does not tell what ${flag} is: give it.`);
}

async function localLine(choice: LineChoice, { runningFolder, acts }: LineSearch): Promise<LineInUse> {
  const lines = await runningLines(runningFolder).catch((error: Error) => {
    throw new Refusal(error.message);
  });
  const { run } = choice;
  const line = run === undefined ? lines[0] : lines.find(({ pid }) => pid === run);
  if (lines.length === 0)
    throw new Refusal('Nothing runs on this machine: start it with `npm start` in another terminal.');
  if (line === undefined) throw new Refusal(`No run ${run} is up on this machine. ${namesOf(lines)}`);
  const known = await lineOfRun(line, choice);
  if (run !== undefined || lines.length === 1) return known;
  if (acts === true) throw new Refusal(`Several runs are up on this machine: say which. ${namesOf(lines)}`);
  return { ...known, title: `${known.title}, the newest of ${lines.length}: --run chooses` };
}

function namesOf(lines: readonly RunningLine[]): string {
  const names = lines.map(
    ({ pid, startedAtMs, endpoints }) =>
      `--run=${pid} (S3 at ${endpoints.s3}, up since ${new Date(startedAtMs).toISOString()})`,
  );
  return `There ${lines.length === 1 ? 'is' : 'are'}: ${names.join(', ')}.`;
}

/** The line that a run on this machine is. Throws `Refusal`. */
export async function lineOfRun(line: RunningLine, choice: LineChoice = {}): Promise<LineInUse> {
  return {
    origin: 'local',
    title: `local run ${line.pid}`,
    bucket: choice.bucket ?? line.bucket,
    queueUrl: choice.queueUrl ?? line.queueUrl,
    deadLetterQueueUrl: choice.deadLetterQueueUrl ?? line.deadLetterQueueUrl,
    tableName: choice.table ?? line.tableName,
    secretId: undefined,
    extractaUrl: choice.extractaUrl ?? line.extractaUrl,
    embeddedToken: line.embeddedToken,
    connection: connectionOf(line),
    stack: undefined,
    settings: await settingsIn(
      choice.config ?? line.configFile,
      line.waitsDivisor,
      line.embeddedToken !== undefined,
    ),
  };
}

function connectionOf({ region, endpoints }: RunningLine): Connection {
  // The embedded S3 knows this one key.
  return { region, endpoints, credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'local' } };
}

async function settingsIn(
  file: string | undefined,
  waitsDivisor: number,
  dividesResultsGate = false,
): Promise<PipelineSettings | undefined> {
  if (file === undefined) return undefined;
  try {
    return pipelineSettings(await readUploaderConfig(file), { waitsDivisor, dividesResultsGate });
  } catch (error) {
    if (error instanceof ConfigProblems) throw new Refusal(error.message);
    throw error;
  }
}
