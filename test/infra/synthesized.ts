import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { UploaderConfig } from '../../lib/config/uploader-config.ts';
import { ExtractaUploader, type ExtractaUploaderProps } from '../../lib/infra/extracta-uploader.ts';
import { UploaderStack, type UploaderStackProps } from '../../lib/infra/uploader-stack.ts';

const PROJECT = join(import.meta.dirname, '../..');

export interface Synthesized {
  readonly stack: Stack;
  readonly uploader: ExtractaUploader;
  readonly template: Template;
  /** The cloud assembly's folder, with the assets. */
  readonly directory: string;
  remove(): void;
}

/** Where an app is put together: with the flags of cdk.json, but with a bundle of one line. */
export interface Workshop {
  readonly app: App;
  readonly bundleDirectories: { readonly upload: string; readonly redrive: string };
  readonly directory: string;
  remove(): void;
}

export function workshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'synthesized-'));
  writeFileSync(join(folder, 'index.cjs'), 'exports.handler = () => {};\n');
  const directory = join(folder, 'cdk.out');
  const { context } = JSON.parse(readFileSync(join(PROJECT, 'cdk.json'), 'utf8'));
  return {
    app: new App({ outdir: directory, context }),
    bundleDirectories: { upload: folder, redrive: folder },
    directory,
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** The stack as `cdk synth` makes it. */
export function synthesized(
  config: UploaderConfig,
  props: Pick<UploaderStackProps, 'autoRedrive' | 'choices' | 'maxConcurrency'> = {},
): Synthesized {
  const { app, bundleDirectories, directory, remove } = workshop();
  const stack = new UploaderStack(app, 'ExtractaUploader', { ...config, bundleDirectories, ...props });
  return { stack, uploader: stack.uploader, template: Template.fromStack(stack), directory, remove };
}

/** The construct in a stack of another app. */
export function synthesizedIn(
  build: (stack: Stack) => ExtractaUploaderProps,
  afterwards: (uploader: ExtractaUploader) => void = () => {},
): Synthesized {
  const { app, bundleDirectories, directory, remove } = workshop();
  const stack = new Stack(app, 'Theirs');
  const uploader = new ExtractaUploader(stack, 'Uploader', { bundleDirectories, ...build(stack) });
  afterwards(uploader);
  return { stack, uploader, template: Template.fromStack(stack), directory, remove };
}
