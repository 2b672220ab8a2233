import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, type Stack } from 'aws-cdk-lib';
import { saidOnlyNow } from './context-names.ts';
import { LASTING_CHOICES } from './stack-choices.ts';

/**
 * A synth can't know what the last one was told, so a `-c` that is left out takes its bucket or its alarms away without
 * a word. So this says, while it is given, what stands in no file of the project. `directory`: that of cdk.json.
 */
export function warnOfForgettable(
  stack: Stack,
  context: Readonly<Record<string, unknown>>,
  directory: string,
): void {
  const names = saidOnlyNow(context, writtenContext(directory), LASTING_CHOICES);
  if (names.length === 0) return;
  const them = names.length === 1 ? 'it' : 'them';
  Annotations.of(stack).addWarningV2(
    'extracta-uploader:commandLineOnly',
    `${names.join(', ')}: given by -c alone. The next diff or deploy without the same -c takes ${them} back. ` +
      `To keep ${them}, write under "context" in cdk.json: ${asJson(context, names)}`,
  );
}

function asJson(context: Readonly<Record<string, unknown>>, names: readonly string[]): string {
  return names.map((name) => `${JSON.stringify(name)}: ${JSON.stringify(context[name])}`).join(', ');
}

/** As the CDK CLI reads it: cdk.json goes before cdk.context.json. https://docs.aws.amazon.com/cdk/v2/guide/context.html */
function writtenContext(directory: string): Readonly<Record<string, unknown>> {
  const { context } = jsonIn(directory, 'cdk.json');
  return { ...jsonIn(directory, 'cdk.context.json'), ...(context as object | undefined) };
}

/** What is no JSON the CLI has refused before. */
function jsonIn(directory: string, name: string): Readonly<Record<string, unknown>> {
  const file = join(directory, name);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}
