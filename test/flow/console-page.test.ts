import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ShownPlan } from '../../lib/operator/console/redrives.ts';
import { type FoundBrowser, openBrowser } from '../support/browser.ts';
import { type ConsoleWorld, REJECTED, startConsoleWorld, startStranger } from './console-world.ts';

/** The console in a real Chromium, on the whole local line. */

const found: FoundBrowser = await openBrowser();
if (found.browser === undefined)
  process.stdout.write(`The console's browser tests are skipped, for no Chromium starts: ${found.why}\n`);

let world: ConsoleWorld;
let context: BrowserContext;
let page: Page;
/** What the page says to a developer, and every address that it asks. */
const complaints: string[] = [];
const requested: string[] = [];

const browser = () => found.browser as Browser;

async function newPage(on: BrowserContext): Promise<Page> {
  const opened = await on.newPage();
  opened.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  opened.on('pageerror', (error) => complaints.push(error.message));
  opened.on('request', (request) => requested.push(request.url()));
  await opened.goto(world.url);
  await opened.locator('[data-connection=live]').waitFor();
  return opened;
}

const station = (name: string): Locator => page.locator(`[data-station=${name}]`);
const rowIn = (name: string, key: string): Locator =>
  station(name).locator(`[data-object="s3://documents/${key}"]`);
const dialog = (): Locator => page.locator('dialog[open]');
const search = (): Locator => page.getByRole('searchbox');

/** Through the zone's own field, as a person who chooses a file. */
const choose = (name: string, text = `body of ${name}`) =>
  page.locator('.zone input').setInputFiles([{ name, mimeType: 'text/plain', buffer: Buffer.from(text) }]);

/** As a person who drags it there. */
async function drop(name: string, text: string): Promise<void> {
  const dragged = await page.evaluateHandle(`(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}, { type: 'text/plain' }));
    return transfer;
  })()`);
  await page.locator('.zone').dispatchEvent('drop', { dataTransfer: dragged });
}

type Tried = readonly (readonly [string, string])[];

const fileOf = (part: string) => world.extracta.truth().filter(({ fileName }) => fileName.startsWith(part));

describe.skipIf(found.browser === undefined)('the console', () => {
  beforeAll(async () => {
    world = await startConsoleWorld();
    context = await browser().newContext({ viewport: { width: 1280, height: 900 } });
    context.setDefaultTimeout(30_000);
    page = await newPage(context);
  });
  afterAll(async () => {
    await browser().close();
    await world[Symbol.asyncDispose]();
  });

  test('a file that is dropped goes the whole way, and its story tells batch and file', async () => {
    await page.getByLabel('Folder in the bucket').fill('letters');
    await drop('dropped.txt', 'a letter that was dropped');
    await rowIn('uploaded', 'letters/dropped.txt').click();
    const [file] = fileOf('dropped');
    await dialog()
      .getByText(file?.fileId ?? 'no file')
      .waitFor();
    expect(await dialog().locator('[data-state]').getAttribute('data-state')).toBe('uploaded');
    expect(await dialog().innerText()).toContain(file?.batchId);
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
  });

  test('what happens is shown as it happens, without loading anew', async () => {
    const held = Promise.withResolvers<void>();
    world.treat('slow', { holdBefore: held.promise });
    await page.evaluate('globalThis.isTheSame = true');
    await choose('slow.txt');
    await rowIn('uploading', 'letters/slow.txt').waitFor();
    await rowIn('uploading', 'letters/slow.txt').getByText('sent, no answer yet').waitFor();
    expect(await station('uploading').locator('[data-count]').innerText()).toBe('1');
    expect(await rowIn('uploaded', 'letters/slow.txt').count()).toBe(0);
    await rowIn('uploading', 'letters/slow.txt').click();
    await dialog().getByText('An invocation holds it now.').waitFor();
    held.resolve();
    // Its story goes on while it is looked at.
    await dialog().getByText('It is at Extracta.').waitFor();
    await page.keyboard.press('Escape');
    await rowIn('uploaded', 'letters/slow.txt').waitFor();
    await rowIn('uploading', 'letters/slow.txt').waitFor({ state: 'detached' });
    expect(await page.evaluate('globalThis.isTheSame')).toBe(true);
  });

  test('what is typed narrows what is shown; Enter asks the ledger, by name or id', async () => {
    await search().fill('DROP');
    await rowIn('uploaded', 'letters/slow.txt').waitFor({ state: 'detached' });
    expect(await rowIn('uploaded', 'letters/dropped.txt').count()).toBe(1);
    await search().fill('letters/slow');
    await search().press('Enter');
    await dialog().getByText('It is at Extracta.').waitFor();
    expect(await dialog().locator('h2').innerText()).toBe('slow.txt');
    await page.keyboard.press('Escape');
    await search().fill(fileOf('dropped')[0]?.fileId ?? '');
    await search().press('Enter');
    await dialog().getByText('s3://documents/letters/dropped.txt').waitFor();
    await page.keyboard.press('Escape');
    await search().fill('no such thing');
    await search().press('Enter');
    await dialog().getByText('Nothing found.').waitFor();
    await page.keyboard.press('Escape');
    await search().press('Escape');
    expect(await search().inputValue()).toBe('');
  });

  test('a batch lists its files, and what Extracta says of each', async () => {
    await page.locator('[data-batch]', { hasText: 'letters/' }).click();
    await dialog().getByText('dropped.txt').waitFor();
    await dialog().getByRole('button', { name: 'Ask Extracta' }).click();
    await dialog().getByText('uploaded · ').first().waitFor();
    await dialog().getByRole('button', { name: 'slow.txt' }).click();
    await dialog().getByText('It is at Extracta.').waitFor();
    await page.keyboard.press('Escape');
  });

  test('by keyboard alone: a parked document is found, dry-run, redriven, and arrives', async () => {
    world.treat('bad', REJECTED);
    await choose('bad.txt');
    const group = page.locator('[data-reason="extracta.rejected"]');
    await group.waitFor();
    world.treat('bad', undefined);
    await group.locator('summary').focus();
    await page.keyboard.press('Enter');
    await group.getByRole('button', { name: 'Redrive these' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Redrive these…');
    const outline = 'getComputedStyle(document.activeElement).outlineStyle';
    expect(await page.evaluate(outline)).toBe('solid');
    await page.keyboard.press('Space');
    await dialog().getByText('1 message would be sent back').waitFor();
    expect(fileOf('bad')).toEqual([]);
    await dialog().getByRole('button', { name: 'Send 1 back' }).focus();
    await page.keyboard.press('Enter');
    await dialog().locator('[data-done]', { hasText: '1 message sent back' }).waitFor();
    await page.keyboard.press('Escape');
    await rowIn('uploaded', 'letters/bad.txt').waitFor();
    await group.waitFor({ state: 'detached' });
    expect(fileOf('bad')).toHaveLength(1);
  });

  test('names are text, whatever they hold', async () => {
    await page.getByLabel('Folder in the bucket').fill('');
    const hostile = '<img src=x onerror=alert(1)>\u202efdp.exe\u0007.txt';
    await choose(hostile);
    const row = station('uploaded').locator('.row', { hasText: 'onerror' });
    await row.waitFor();
    expect(await row.innerText()).toContain('<img src=x onerror=alert(1)>\\u202efdp.exe\\u0007.txt');
    await row.click();
    await dialog().getByText('It is at Extracta.').waitFor();
    expect(await page.locator('img').count()).toBe(0);
    await page.keyboard.press('Escape');
  });

  test('in the width of a phone nothing sticks out; in the dark it is dark', async () => {
    const ground = 'getComputedStyle(document.body).backgroundColor';
    const light = await page.evaluate(ground);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await page.evaluate(ground)).not.toBe(light);
    await page.setViewportSize({ width: 360, height: 740 });
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(overflow)).toBe(0);
    await rowIn('uploaded', 'letters/slow.txt').click();
    await dialog().getByText('It is at Extracta.').waitFor();
    expect(await dialog().evaluate((open) => open.scrollWidth - open.clientWidth)).toBe(0);
    await page.keyboard.press('Escape');
    await page.emulateMedia({ colorScheme: null });
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test('a page of another port reads nothing and redrives nothing, by whatever way', async () => {
    world.treat('guarded', REJECTED);
    await choose('guarded.txt');
    await page.locator('[data-reason="extracta.rejected"]').waitFor();
    await using stranger = await startStranger();
    const headers = { authorization: `Bearer ${world.token}`, origin: world.origin };
    const post = async (path: string) =>
      (await fetch(`${world.origin}/api/${path}`, { method: 'POST', headers })).json();
    const { planId } = (await post('redrive/plan')) as ShownPlan;
    const other = await browser().newContext();
    const theirs = await other.newPage();
    await theirs.goto(stranger.origin);
    const given = [world.origin, world.token, planId].map((each) => JSON.stringify(each));
    const answers = await theirs.evaluate<Tried>(`tryAll(${given})`);
    expect(answers).toEqual(answers.map(([what]) => [what, 'refused']));
    expect(answers).toHaveLength(8);
    // The plan would have been used up.
    world.treat('guarded', undefined);
    expect(await post(`redrive?plan=${planId}`)).toMatchObject({ sentBack: 1 });
    await rowIn('uploaded', 'guarded.txt').waitFor();
    // The same questions, asked by the console's own page, are answered: it was the stranger that was refused.
    const ours = await other.newPage();
    await ours.goto(world.url);
    await ours.evaluate(stranger.script);
    const own = await ours.evaluate<Tried>(`tryAll(${given})`);
    expect(own.slice(0, 2).map(([, how]) => how)).toEqual(['answered', 'answered']);
    await other.close();
  });

  test('a file that the bucket refuses is told of where it was chosen, also on a phone, and however late', async () => {
    const other = await browser().newContext({ viewport: { width: 390, height: 844 } });
    const theirs = await other.newPage();
    await theirs.clock.install();
    await theirs.goto(world.url);
    const held = Promise.withResolvers<void>();
    await theirs.route('**/api/object?*', async (route) => {
      await held.promise;
      await route.fulfill({ status: 400, json: { says: 'The bucket is full.' } });
    });
    const zone = theirs.locator('.zone');
    await zone.scrollIntoViewIfNeeded();
    const file = { name: 'refused.txt', mimeType: 'text/plain', buffer: Buffer.from('a') };
    await zone.locator('input').setInputFiles([file]);
    const arriving = theirs.locator('[data-station=arriving]');
    await arriving.getByText('refused.txt').waitFor();
    await theirs.clock.fastForward('02:00');
    held.resolve();
    const told = theirs.locator('.row', { hasText: 'The bucket is full.' });
    await told.getByText('refused.txt').waitFor();
    // It is not on its way, and is told once.
    expect(await arriving.getByText('refused.txt').count()).toBe(0);
    const seen = 'document.querySelector(".problem").getBoundingClientRect().toJSON()';
    const { top, bottom } = await theirs.evaluate<{ top: number; bottom: number }>(seen);
    expect(top).toBeGreaterThan((await zone.boundingBox())?.y ?? Number.NaN);
    expect(bottom).toBeLessThan(844);
    await other.close();
  });

  test('an address without its token shows nothing', async () => {
    const other = await browser().newContext();
    const theirs = await other.newPage();
    await theirs.goto(world.origin);
    await theirs.getByText('This address lacks its token').waitFor();
    expect(await theirs.locator('.stations').count()).toBe(0);
    await other.close();
  });

  test('the token leaves the address, and the page can be loaded anew', async () => {
    expect(page.url()).toBe(`${world.origin}/`);
    await page.reload();
    await rowIn('uploaded', 'letters/slow.txt').waitFor();
  });

  test('all the while nothing was complained of, and nothing was asked of another host', () => {
    expect(complaints).toEqual([]);
    expect(requested.length).toBeGreaterThan(10);
    expect(requested.filter((url) => new URL(url).origin !== world.origin)).toEqual([]);
  });
});
