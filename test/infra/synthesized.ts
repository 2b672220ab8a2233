import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { UploaderConfig } from '../../lib/config/uploader-config.ts';
import { UploaderStack, type UploaderStackProps } from '../../lib/infra/uploader-stack.ts';

const PROJECT = join(import.meta.dirname, '../..');

export interface Synthesized {
  readonly template: Template;
  /** The cloud assembly's folder, with the assets. */
  readonly directory: string;
  remove(): void;
}

/** The stack as `cdk synth` makes it, with the flags of cdk.json, but with a bundle of one line. */
export function synthesized(
  config: UploaderConfig,
  props: Pick<UploaderStackProps, 'autoRedrive' | 'alarmTopic'> = {},
): Synthesized {
  const folder = mkdtempSync(join(tmpdir(), 'synthesized-'));
  writeFileSync(join(folder, 'index.mjs'), 'export const handler = () => {};\n');
  const directory = join(folder, 'cdk.out');
  const { context } = JSON.parse(readFileSync(join(PROJECT, 'cdk.json'), 'utf8'));
  const stack = new UploaderStack(new App({ outdir: directory, context }), 'ExtractaUploader', {
    config,
    bundleDirectories: { upload: folder, redrive: folder },
    ...props,
  });
  const template = Template.fromStack(stack);
  return { template, directory, remove: () => rmSync(folder, { recursive: true }) };
}
