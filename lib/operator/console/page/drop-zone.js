import { html, nothing } from '/lit/lit-html.js';
import { put } from './asking.js';
import { onBoard } from './line.js';
import { changed, looked, say, state } from './state.js';
import { counted, figure, name, parts, seen } from './words.js';

/** Files into the local bucket. */
export function dropZone() {
  return html`
    <section class="card drop" aria-labelledby="drop-title">
      <h2 id="drop-title">Put files in</h2>
      <label class="zone" @dragover=${over} @dragleave=${left} @drop=${dropped}>
        <input type="file" multiple @change=${chosen} />
        <span><strong>Drop files here</strong>, or choose them</span>
        <span class="quiet">They go into the local bucket, and from there the whole way.</span>
      </label>
      ${refused(state.drops.filter((drop) => drop.state === 'failed'))}
      <label class="folder-of">Folder in the bucket
        <input .value=${state.folder} placeholder="none" autocomplete="off" spellcheck="false" @input=${({ target }) => changed({ folder: target.value })} />
      </label>
    </section>
  `;
}

const MOST_REFUSED = 5;

/**
 * Told where the person acted, for on a narrow screen the line is far above.
 * @param {readonly import('./state.js').Drop[]} failed
 */
function refused(failed) {
  if (failed.length === 0) return nothing;
  const more = failed.length - MOST_REFUSED;
  return html`
    <ul class="rows">${failed.slice(0, MOST_REFUSED).map(refusedRow)}</ul>
    ${more > 0 ? html`<p class="more">and ${figure(more)} more</p>` : nothing}
  `;
}

/** @param {import('./state.js').Drop} drop */
const refusedRow = ({ key, problem }) => html`
  <li class="row">
    <span class="name">${name(parts(`s3://here/${key}`).base)}</span><span class="meta">not put</span>
    <span class="problem">${seen(problem)}</span>
  </li>
`;

function over(event) {
  event.preventDefault();
  event.currentTarget.classList.add('over');
}

const left = ({ currentTarget }) => currentTarget.classList.remove('over');

async function dropped(event) {
  event.preventDefault();
  left(event);
  const entries = [...event.dataTransfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const found =
    entries.length > 0
      ? await Promise.all(entries.map(filesUnder))
      : [[...event.dataTransfer.files].map(named)];
  putAll(found.flat());
}

function chosen({ target }) {
  putAll([...target.files].map(named));
  target.value = '';
}

const named = (file) => ({ path: file.name, file });

/**
 * A folder's name is the folder in the bucket.
 * @param {any} entry
 * @returns {Promise<{ path: string, file: File }[]>}
 */
async function filesUnder(entry) {
  if (entry.isFile) return [{ path: entry.fullPath.slice(1), file: await promised(entry, 'file') }];
  const reader = entry.createReader();
  /** @type {{ path: string, file: File }[]} */
  const found = [];
  for (;;) {
    const some = await promised(reader, 'readEntries');
    if (some.length === 0) return found;
    for (const each of some) found.push(...(await filesUnder(each)));
  }
}

/** @type {(from: any, method: string) => Promise<any>} */
const promised = (from, method) => new Promise((resolve, reject) => from[method](resolve, reject));

const AT_ONCE = 3;
let drops = 0;

async function putAll(files) {
  const folder = state.folder.trim().replace(/^\/+|\/+$/g, '');
  /** @type {import('./state.js').Drop[]} */
  const added = files.map(({ path, file }) => {
    drops += 1;
    const key = folder === '' ? path : `${folder}/${path}`;
    return { id: `drop ${drops}`, key, file, bytes: file.size, sent: 0, state: 'putting', atMs: Date.now() };
  });
  changed({ drops: [...state.drops, ...added] });
  say(`${counted(added.length, 'file')} on the way.`);
  const rest = added.values();
  const worker = async () => {
    for (const drop of rest) await putOne(drop);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** @param {import('./state.js').Drop} drop */
async function putOne(drop) {
  /** @param {Partial<import('./state.js').Drop>} more */
  const update = (more) =>
    changed({ drops: state.drops.map((each) => (each.id === drop.id ? { ...each, ...more } : each)) });
  try {
    await put(drop.key, drop.file, (sent) => update({ sent }));
    update({ state: 'queued', file: undefined, atMs: Date.now() });
  } catch (error) {
    const problem = messageOf(error);
    update({ state: 'failed', problem, file: undefined, atMs: Date.now() });
    say(`${drop.key}: ${problem}`);
  }
}

const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/** How long a drop stands among the arriving if nobody sees it come in: the same bytes put again are no new document. */
const PATIENCE_MS = 30_000;
const FAILED_MS = 60_000;

/** What the ledger knows by now has arrived. */
export function forgetArrived() {
  if (state.drops.length === 0) return;
  const keys = new Set(onBoard(looked().board).map(({ object }) => parts(object).key));
  /** @param {import('./state.js').Drop} drop */
  const stays = ({ state: standing, key, atMs }) => {
    const ageMs = Date.now() - atMs;
    if (standing === 'putting') return true;
    return standing === 'failed' ? ageMs < FAILED_MS : !keys.has(key) && ageMs < PATIENCE_MS;
  };
  state.drops = state.drops.filter(stays);
}
