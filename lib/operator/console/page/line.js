import { repeat } from '/lit/directives/repeat.js';
import { html, nothing } from '/lit/lit-html.js';
import { looked, state } from './state.js';
import { openStory } from './story.js';
import { ago, counted, figure, lasting, name, parts, seen, since, size } from './words.js';

/** The line as it moves, from left to right. */
export function line() {
  const { status, board } = looked();
  const { waiting, unknown, uploading } = status.documents;
  const arriving = status.queue.waiting + state.drops.filter((drop) => drop.state === 'putting').length;
  return html`
    <section aria-labelledby="line-title">
      <h2 id="line-title" class="unseen">The line</h2>
      <ol class="stations">
        ${station('arriving', 'Arriving', arriving, 'messages, about', arrivingRows(status))}
        ${station('waiting', 'Waiting', waiting + unknown, waitingHint(unknown), [
          ...rows(board.unknown, waitingMeta),
          ...rows(board.waiting, waitingMeta),
        ])}
        ${station('uploading', 'Uploading', uploading, 'held by the function', rows(board.uploading, uploadingMeta))}
        ${station('uploaded', 'Uploaded', status.uploadedToday, 'since midnight UTC', rows(board.uploaded ?? [], uploadedMeta))}
        ${station('parked', 'Parked', status.parked, status.sentBack === 0 ? 'need a look' : `and ${figure(status.sentBack)} sent back`, parkedRows(board))}
      </ol>
    </section>
  `;
}

const waitingHint = (unknown) =>
  unknown === 0 ? 'come back by themselves' : `${figure(unknown)} to be verified`;

/** The number is the line's; the names below it are the first ones. */
function station(id, title, count, hint, list) {
  const shown = list.slice(0, MOST_ROWS);
  // What search narrows is what is listed; without it the number tells how many there are.
  const all = state.filter === '' && list.length > 0 ? Math.max(list.length, count ?? 0) : list.length;
  const more = id === 'arriving' ? 0 : all - shown.length;
  return html`
    <li class="station ${id} ${count ? 'some' : 'none'}" data-station=${id}>
      <h3>${title}</h3>
      <p class="count" data-count=${count ?? ''}>${count === null ? '–' : figure(count)}</p>
      <p class="hint">${count === null ? 'not counted: --count' : hint}</p>
      ${
        shown.length === 0
          ? nothing
          : html`<ul class="rows">${repeat(
              shown,
              ([key]) => key,
              ([, row]) => row,
            )}</ul>`
      }
      ${more > 0 ? html`<p class="more">and ${figure(more)} more</p>` : nothing}
    </li>
  `;
}

const MOST_ROWS = 5;

export const fits = (object) => seen(object).toLowerCase().includes(state.filter.toLowerCase());

/**
 * @template {import('../../board.ts').BoardDocument} D
 * @param {readonly D[]} documents
 * @param {(document: D) => string} meta
 * @returns {(readonly [string, unknown])[]}
 */
function rows(documents, meta) {
  return documents
    .filter(({ object }) => fits(object))
    .map((story) => [keyOf(story), row(story, meta(story))]);
}

/**
 * Every document that the board names.
 * @param {import('../../board.ts').BoardReport} board
 */
export const onBoard = ({ waiting, unknown, uploading, uploaded, parked }) => [
  ...waiting,
  ...unknown,
  ...uploading,
  ...(uploaded ?? []),
  ...parked.flatMap(({ documents }) => documents),
];

export const keyOf = ({ object, versionId, eTag }) => `${object} ${versionId ?? eTag}`;

export function row(story, meta) {
  const { folder, base } = parts(story.object);
  return html`
    <li>
      <button type="button" class="row" data-object=${story.object} @click=${() => openStory(story.object)}>
        <span class="name">${name(base || folder)}</span>
        ${meta === '' ? nothing : html`<span class="meta">${meta}</span>`}
        ${folder === '' ? nothing : html`<span class="folder">${name(folder)}</span>`}
        ${progress(story)}
      </button>
    </li>
  `;
}

function progress({ state: standing, sentBytes, sizeBytes }) {
  if (standing !== 'uploading' || sentBytes === null || !sizeBytes) return nothing;
  return html`<progress max=${sizeBytes} .value=${Math.min(sentBytes, sizeBytes)} aria-label="sent"></progress>`;
}

/** @param {import('../../board.ts').BoardDocument} story */
const waitingMeta = ({ attempts, lastFailure, state: standing }) =>
  [standing === 'unknown' ? 'to verify' : lastFailure?.code, attempts > 1 ? counted(attempts, 'attempt') : '']
    .filter(Boolean)
    .join(' · ');

/** @param {import('../../board.ts').BoardDocument} story */
function uploadingMeta({ sentBytes, sizeBytes, updatedAt }) {
  if (sentBytes !== null && sizeBytes && sentBytes >= sizeBytes)
    return `${size(sizeBytes)} sent, no answer yet`;
  if (sentBytes !== null && sizeBytes)
    return `${Math.floor((100 * Math.min(sentBytes, sizeBytes)) / sizeBytes)} % of ${size(sizeBytes)}`;
  return [size(sizeBytes), `for ${lasting(since(updatedAt))}`].filter(Boolean).join(' · ');
}

/** @param {import('../../board.ts').BoardDocument} story */
const uploadedMeta = ({ mapping }) => (mapping === null ? '' : ago(mapping.uploadedAt));

/**
 * @param {import('../../board.ts').BoardReport} board
 * @returns {(readonly [string, unknown])[]}
 */
function parkedRows({ parked }) {
  return parked
    .flatMap(({ documents }) => documents)
    .filter(({ object, sentBack }) => !sentBack && fits(object))
    .map((story) => [keyOf(story), row(story, story.lastFailure?.code ?? '')]);
}

/**
 * What this page puts in itself has names; what waits in the queue has them in messages that belong to the function.
 * @param {import('../../status.ts').StatusReport} status
 * @returns {(readonly [string, unknown])[]}
 */
function arrivingRows({ queue }) {
  /** @type {(readonly [string, unknown])[]} */
  const drops = state.drops.filter((drop) => drop.state !== 'failed').map((drop) => [drop.id, dropRow(drop)]);
  if (drops.length > 0 || queue.waiting === 0) return drops;
  return [
    [
      'why',
      html`<li class="why">Their names stand in the messages: looking at them would take them from the function.</li>`,
    ],
  ];
}

/** @param {import('./state.js').Drop} drop */
function dropRow({ key, bytes, sent, state: standing }) {
  const { folder, base } = parts(`s3://here/${key}`);
  const meta = standing === 'putting' ? `${Math.floor((100 * sent) / Math.max(1, bytes))} %` : 'in the queue';
  return html`
    <li class="row ${standing}">
      <span class="name">${name(base)}</span><span class="meta">${meta}</span>
      ${folder === '' ? nothing : html`<span class="folder">${name(folder)}</span>`}
      ${standing === 'putting' ? html`<progress max=${Math.max(1, bytes)} .value=${sent} aria-label="put"></progress>` : nothing}
    </li>
  `;
}
