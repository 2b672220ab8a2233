import { html, nothing } from '/lit/lit-html.js';
import { ask } from './asking.js';
import { openBatch } from './batches.js';
import { keyOf, onBoard } from './line.js';
import { openRedrive } from './parked.js';
import { changed, looked, show, state } from './state.js';
import { moment, name, parts, seen, size, until } from './words.js';

/** A document's whole story, or several documents' stories. */

export function openStory(object, more = {}) {
  return show({ kind: 'story', what: object, as: 'key', more }, askFor(object, more));
}

const askFor = (object, more) => ask('GET', 'find', { what: object, as: 'key', ...more });

/** What is told of a document goes on while it is looked at. */
export async function refreshStory() {
  const { dialog, look } = state;
  if (look === null || dialog?.kind !== 'story' || dialog.as !== 'key') return;
  const shown = dialog.report?.documents;
  if (shown?.length !== 1) return;
  const now = onBoard(look.board).find((each) => keyOf(each) === keyOf(shown[0]));
  if (now === undefined || now.updatedAt === shown[0].updatedAt) return;
  const report = await askFor(dialog.what, dialog.more).catch(() => undefined);
  if (report !== undefined && state.dialog === dialog) changed({ dialog: { ...dialog, report } });
}

export function openFound(what, more = {}) {
  return show({ kind: 'story', what }, ask('GET', 'find', { what, ...more }));
}

export function storyTitle({ what, report }) {
  const [only] = report?.documents ?? [];
  if (report?.documents.length === 1) return name(parts(only.object).base || only.object);
  return html`“${name(what)}”`;
}

/** @param {{ what: string, as?: string, report: import('../../find.ts').FindReport }} dialog */
export function storyBody({ what, as, report }) {
  const { documents, notes, isCut, foundBy } = report;
  const again = (more) => (as === 'key' ? openStory(what, more) : openFound(what, more));
  return html`
    ${documents.length === 0 ? html`<p class="found">Nothing found.</p>` : nothing}
    ${documents.length > 1 ? html`<p class="found">${documents.length} documents, by ${foundBy}${isCut ? '; there are more: name it more closely' : ''}.</p>` : nothing}
    ${documents.map((each) => (documents.length === 1 ? whole(each, again) : folded(each, again)))}
    ${notes.map((note) => html`<p class="note">${seen(note)}</p>`)}
    ${
      documents.length === 0 && notes.some((note) => note.includes('--no-scan'))
        ? html`<p><button type="button" @click=${() => again({ scan: '1' })}>Read the whole ledger for it</button></p>`
        : nothing
    }
  `;
}

/**
 * @param {import('../../find.ts').FoundDocument} document
 * @param {(more: object) => unknown} again
 */
function folded(document, again) {
  return html`
    <details>
      <summary><span class="state ${document.state}">${document.state}</span> ${name(parts(document.object).key)}</summary>
      ${whole(document, again)}
    </details>
  `;
}

/**
 * @param {import('../../find.ts').FoundDocument} story
 * @param {(more: object) => unknown} again
 */
function whole(story, again) {
  return html`
    <article class="story" data-state=${story.state}>
      <p><span class="state ${story.state}">${story.state}</span> ${seen(story.means)}</p>
      <dl>${facts(story).map(([title, value]) => (value ? html`<dt>${title}</dt><dd>${value}</dd>` : nothing))}</dl>
      ${events(story)}
      <p class="actions">
        ${story.state === 'parked' ? html`<button type="button" @click=${() => openRedrive({ reason: story.lastFailure?.code, prefix: parts(story.object).key })}>Redrive…</button>` : nothing}
        ${story.mapping === null ? nothing : html`<button type="button" @click=${() => openBatch(story.mapping?.batchId)}>Its batch</button>`}
        ${!looked().board.isLocal && story.log === null && story.logWhy?.includes('--log') ? html`<button type="button" @click=${() => again({ log: '1' })}>Read the function’s log</button>` : nothing}
      </p>
    </article>
  `;
}

/** @type {Partial<Record<import('../../find.ts').FoundDocument['letter'], string>>} */
const LETTERS = {
  there: 'in the queue',
  gone: 'not in the queue: a redrive sends it back from the ledger',
  'not-seen': 'not among those that could be read',
};

const code = (text) => html`<code>${text}</code>`;
const pair = ({ classificationId, batchId }) =>
  html`${code(classificationId)} ${batchId === '?' ? 'a batch nobody knows' : code(batchId)}`;
const filed = ({ batchId, fileId }) => html`${code(batchId)} ${code(fileId)}`;

/**
 * @param {import('../../find.ts').FoundDocument} story
 * @returns {(readonly unknown[])[]}
 */
function facts(story) {
  const { mapping, lastFailure } = story;
  return [
    ['Object', name(story.object)],
    ['Version', story.versionId === null ? html`ETag ${code(story.eTag)}` : code(story.versionId)],
    ['Size', size(story.sizeBytes)],
    ['First seen', moment(story.firstSeenAt)],
    ['Last changed', moment(story.updatedAt)],
    [
      'Attempts',
      `${story.attempts}; looks ${story.looks}, redrives ${story.redrives}, edition ${story.edition}`,
    ],
    ['Batch', mapping && code(mapping.batchId)],
    ['File', mapping && code(mapping.fileId)],
    ['Classification', mapping && code(mapping.classificationId)],
    ['Sent as', mapping && name(mapping.fileName)],
    ['Pages', mapping?.numberOfPages],
    ['Uploaded', mapping && moment(mapping.uploadedAt)],
    ...story.mayBeAt.map((each) => ['May be at', pair(each)]),
    ...story.toBeLookedAt.map((each) => ['To be looked at', pair(each)]),
    ...story.extraFiles.map((each) => ['Second file', filed(each)]),
    ...story.earlierFiles.map((each) => ['Earlier file', filed(each)]),
    ['Redriven', story.isRedriven && 'taken up; its send has not begun'],
    ['Skipped', story.skippedBecause],
    [
      'Last failure',
      lastFailure &&
        html`${moment(lastFailure.at)}<br />${code(lastFailure.code)}${lastFailure.httpStatus === undefined ? '' : ` (${lastFailure.httpStatus})`}: ${seen(lastFailure.message)}`,
    ],
    ['Held until', story.heldUntil && html`${moment(story.heldUntil)} (${until(story.heldUntil)})`],
    ['Comes back', story.comesBackAt && html`${moment(story.comesBackAt)} (${until(story.comesBackAt)})`],
    ['Dead letter', LETTERS[story.letter]],
    ...story.reuploads.map(({ at, edition, reason }) => [
      'Reuploaded',
      html`${moment(at)} edition ${edition}: ${seen(reason)}`,
    ]),
  ];
}

/** @param {import('../../find.ts').FoundDocument} story */
function events({ log, logWhy }) {
  if (log === null)
    return logWhy === null || logWhy.includes('--log')
      ? nothing
      : html`<p class="note">Attempt by attempt: ${seen(logWhy)}.</p>`;
  if (log.length === 0) return html`<p class="note">The log holds nothing of it.</p>`;
  return html`<ol class="log">${log.map(({ at, event, fields }) => html`<li>${moment(at)} <strong>${event}</strong> ${seen(saying(fields))}</li>`)}</ol>`;
}

const saying = (fields) =>
  Object.entries(fields)
    .map(([title, value]) => `${title}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
