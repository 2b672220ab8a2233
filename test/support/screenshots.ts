import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { announceRunningLine, runningLinesFolder } from '../../lib/aws/running-line.ts';
import { type ConsoleWorld, startConsoleWorld } from '../flow/console-world.ts';
import { openBrowser } from './browser.ts';
import { temporaryFolder } from './local-s3.ts';
import { stageLine } from './screenshots/staged-line.ts';
import { terminalPage } from './screenshots/terminal-page.ts';

/**
 * `node test/support/screenshots.ts [FOLDER]` takes docs/console.png and docs/status.png from the real console and command,
 * on a line with a busy hour behind it. With a folder it takes all widths and both schemes into it, to be looked at.
 */

const DOCS = join(import.meta.dirname, '../../docs');
const COMMAND = join(import.meta.dirname, '../../bin/uploader.ts');
const PHONE = 360;
const DESKTOP = 1280;

interface Shot {
  readonly file: string;
  readonly width: number;
  readonly scheme: 'light' | 'dark';
  /** What is opened before. */
  readonly press?: string;
}

const shotsInto = (folder: string): readonly Shot[] =>
  ([PHONE, DESKTOP] as const).flatMap((width) =>
    (['light', 'dark'] as const).flatMap((scheme) => [
      { file: join(folder, `console-${width}-${scheme}.png`), width, scheme },
      {
        file: join(folder, `story-${width}-${scheme}.png`),
        width,
        scheme,
        press: '[data-station=parked] .row',
      },
      {
        file: join(folder, `redrive-${width}-${scheme}.png`),
        width,
        scheme,
        press: '.parked > .actions > button',
      },
      { file: join(folder, `batch-${width}-${scheme}.png`), width, scheme, press: '[data-batch]' },
    ]),
  );

async function main(folder: string | undefined): Promise<void> {
  const found = await openBrowser();
  if (found.browser === undefined) throw new Error(found.why);
  await using world = await startConsoleWorld();
  using staged = await stageLine(world);
  await staged.settled;
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  const shots = folder === undefined ? [] : shotsInto(folder);
  for (const shot of [
    ...shots,
    { file: join(DOCS, 'console.png'), width: DESKTOP, scheme: 'light' as const },
  ])
    await shoot(found.browser, world, shot);
  await shootStatus(found.browser, world, join(DOCS, 'status.png'));
  await found.browser.close();
}

async function shoot(browser: Browser, { url }: ConsoleWorld, shot: Shot): Promise<void> {
  const { file, width, scheme, press } = shot;
  const page = await browser.newPage({
    viewport: { width, height: press === undefined ? 400 : 800 },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    deviceScaleFactor: width === PHONE ? 2 : 1,
  });
  await page.goto(url);
  await page.locator('.hour').waitFor();
  if (press !== undefined) {
    await page.locator(press).first().click();
    await page.locator('dialog[open] [aria-busy=false]').waitFor();
  }
  await page.screenshot({ path: file, fullPage: press === undefined });
  await page.close();
}

async function shootStatus(browser: Browser, world: ConsoleWorld, file: string): Promise<void> {
  await using dir = await temporaryFolder();
  process.env['TMPDIR'] = dir.path;
  await using _announced = await announceRunningLine(world.line, runningLinesFolder());
  const env = { PATH: process.env['PATH'] ?? '', TMPDIR: dir.path, FORCE_COLOR: '1' };
  const ran = await promisify(execFile)(process.execPath, [COMMAND, 'status', '--local'], { env }).catch(
    // Something is parked: that is exit code 1.
    (error: { stdout: string }) => error,
  );
  const page = await browser.newPage({ deviceScaleFactor: 2 });
  await page.setContent(terminalPage('npx extracta-uploader status --local', ran.stdout));
  await page.locator('main').screenshot({ path: file });
  await page.close();
}

await main(process.argv[2]);
// The emulators' libraries leave timers behind.
process.exit(0);
