import { repeat } from '/lit/directives/repeat.js';
import { html, nothing } from '/lit/lit-html.js';
import { ask } from './asking.js';
import { fits, row } from './line.js';
import { changed, closeDialog, looked, say, show, state } from './state.js';
import { counted, figure, moment, name, seen, until } from './words.js';

/** What is parked, by reason, and how it gets another try. */

export function parked() {
  const { status, board } = looked();
  const groups = board.parked.filter(({ documents }) => documents.some(({ object }) => fits(object)));
  const letters = status.deadLetters.waiting + status.deadLetters.inFlight;
  return html`
    <section class="card parked" aria-labelledby="parked-title">
      <h2 id="parked-title">Parked, by reason <span class="tally">${figure(status.parked)}</span></h2>
      ${state.redriving === null ? nothing : html`<p class="note" data-redriving>${state.redriving}</p>`}
      ${board.parked.length === 0 ? html`<p class="quiet">Nothing is parked.</p>` : nothing}
      ${repeat(groups, ({ reason }) => reason, group)}
      <p class="actions">
        ${board.parked.length > 1 ? html`<button type="button" @click=${() => openRedrive({})}>Redrive all…</button>` : nothing}
        ${
          letters + status.parked > 0
            ? html`<button type="button" @click=${openFailed}>Compare with the ${counted(letters, 'dead letter')}</button>`
            : nothing
        }
      </p>
    </section>
  `;
}

/** @param {import('../../board.ts').ParkedGroup} parked */
function group({ reason, count, sentBack, documents }) {
  const [soonest] = documents.flatMap(({ comesBackAt }) => comesBackAt ?? []).toSorted();
  return html`
    <details class="group" data-reason=${reason}>
      <summary><code>${reason}</code> <span class="tally">${figure(count)}</span></summary>
      <p class="note">
        ${sentBack === 0 ? nothing : `${figure(sentBack)} sent back already. `}
        ${soonest === undefined ? 'They wait for a person: mend the cause first.' : html`The schedule, if it is deployed, sends them back from ${moment(soonest)} (${until(soonest)}) on.`}
      </p>
      <ul class="rows">
        ${documents.filter(({ object }) => fits(object)).map((story) => row(story, story.sentBack ? 'sent back' : seen(story.lastFailure?.message ?? '')))}
      </ul>
      ${count > documents.length ? html`<p class="more">and ${figure(count - documents.length)} more</p>` : nothing}
      <p class="actions"><button type="button" @click=${() => openRedrive({ reason })}>Redrive these…</button></p>
    </details>
  `;
}

/** First the dry run, then the question. */
export function openRedrive(filters) {
  return show({ kind: 'redrive', filters }, ask('POST', 'redrive/plan', filters));
}

export const redriveTitle = () => 'Redrive';

export function redriveBody({ filters, report }) {
  return report.dryRun ? planned(filters, report) : done(report);
}

/**
 * @param {{ reason?: string, prefix?: string }} filters
 * @param {import('../redrives.ts').ShownPlan} plan
 */
function planned(filters, plan) {
  const again = (event) => {
    event.preventDefault();
    openRedrive({ ...filters, prefix: new FormData(event.target).get('prefix') });
  };
  return html`
    <form class="narrow" @submit=${again}>
      <label>Only keys that begin with <input name="prefix" .value=${filters.prefix ?? ''} autocomplete="off" spellcheck="false" /></label>
      <button>Look again</button>
    </form>
    <p class="found">${counted(plan.wouldSend, 'message')} would be sent back${filters.reason ? html`, parked as <code>${filters.reason}</code>` : nothing}.</p>
    <ul class="plain">${Object.entries(plan.byReason).map(([reason, count]) => html`<li><strong>${figure(count)}</strong> <code>${reason}</code></li>`)}</ul>
    ${plan.wouldRemove === 0 ? nothing : html`<p>${counted(plan.wouldRemove, 'letter')} of no more use would be removed.</p>`}
    ${plan.mayDouble === 0 ? nothing : html`<p class="warning">Of ${figure(plan.mayDouble)} of them nobody can tell whether they arrived: each may become a second file, and cost credits again.</p>`}
    ${plan.notes.map((note) => html`<p class="note">${seen(note)}</p>`)}
    <p class="actions">
      <button type="button" class="act" ?disabled=${plan.wouldSend + plan.wouldRemove === 0} @click=${() => carryOut(plan, filters)}>
        ${plan.wouldSend === 0 && plan.wouldRemove > 0 ? `Remove ${figure(plan.wouldRemove)}` : `Send ${figure(plan.wouldSend)} back`}
      </button>
      <button type="button" @click=${closeDialog}>Leave them</button>
    </p>
  `;
}

/** @type {AbortController | undefined} */
let stopping;

async function carryOut({ planId }, filters) {
  stopping = new AbortController();
  try {
    await show(
      { kind: 'redrive', filters, isActing: true },
      ask('POST', 'redrive', { plan: planId }, stopping.signal),
    );
    const { report, problem } = state.dialog ?? {};
    say(problem ?? (report === undefined ? '' : `${counted(report.sentBack, 'message')} sent back.`));
  } finally {
    changed({ redriving: null });
  }
}

/** While it goes on. */
export function redriveUnderWay() {
  return html`
    <p class="found">${state.redriving ?? 'Sending them back…'}</p>
    <p class="note">Ten a second. If it is stopped, or this page is closed, nothing is lost: the rest stays parked.</p>
    <p class="actions"><button type="button" @click=${() => stopping?.abort()}>Stop</button></p>
  `;
}

/** @param {import('../../redrive.ts').RedriveReport} report */
function done({ sentBack, removed, left, cameAgain, refused, refusals, fromLedger, interrupted }) {
  return html`
    <p class="found" data-done>${counted(sentBack, 'message')} sent back${fromLedger === 0 ? '' : `, ${figure(fromLedger)} of them from the ledger, without a letter`}.</p>
    <p>${counted(removed, 'letter')} removed, ${figure(left)} left${interrupted ? ', interrupted' : ''}.</p>
    ${cameAgain === 0 ? nothing : html`<p class="warning">${figure(cameAgain)} failed again meanwhile, and stayed.</p>`}
    ${refused === 0 ? nothing : html`<p class="warning">The queue did not confirm ${figure(refused)}; they stay: ${seen(refusals.join('; '))}</p>`}
    <p class="actions"><button type="button" @click=${closeDialog}>Close</button></p>
  `;
}

function openFailed() {
  return show({ kind: 'failed' }, ask('GET', 'failed'));
}

export const failedTitle = () => 'Ledger and dead-letter queue';

/** @param {{ report: import('../../failed.ts').FailedReport }} dialog */
export function failedBody({ report }) {
  const odd = report.failed.filter(({ disagreement }) => disagreement !== undefined);
  const lost = report.failed.filter(({ object }) => object === null);
  return html`
    <p class="found">
      ${counted(report.parked, 'document')} parked; ${counted(report.letters.read, 'letter')} read${report.letters.areAll ? '' : ` of about ${figure(report.letters.total)}`}.
      ${odd.length + lost.length === 0 ? 'Both say the same.' : nothing}
    </p>
    ${odd.length === 0 ? nothing : html`<h3>Where they disagree</h3>`}
    <ul class="plain">${odd.map(({ object, disagreement }) => html`<li>${name(object ?? 'nobody can read which')}: ${seen(disagreement?.says ?? '')}</li>`)}</ul>
    ${lost.length === 0 ? nothing : html`<h3>Letters that name no document</h3>`}
    <ul class="plain">${lost.map(({ reason, message }) => html`<li><code>${reason}</code> ${seen(message)}</li>`)}</ul>
    ${report.notes.map((note) => html`<p class="note">${seen(note)}</p>`)}
  `;
}
