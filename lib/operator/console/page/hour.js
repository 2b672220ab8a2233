import { html, nothing, svg } from '/lit/lit-html.js';
import { looked } from './state.js';
import { clock, counted, figure, lasting } from './words.js';

const HEIGHT = 100;
const STEP = 10;
const TIMED = {
  'first-seen-to-uploaded': ['From first seen to uploaded', 'median'],
  sending: ['The sending alone', 'mean'],
};

/** Throughput and latency over the last hour, a bar a minute. */
export function hour() {
  const { lastHour } = looked().board;
  if (lastHour === null) return nothing;
  const { minutes, timed } = lastHour;
  const [title, middle] = TIMED[timed];
  const total = minutes.reduce((sum, { uploaded }) => sum + uploaded, 0);
  const most = Math.max(...minutes.map(({ uploaded }) => uploaded));
  const longest = Math.max(...minutes.map(({ longestMs }) => longestMs ?? 0));
  return html`
    <section class="card hour" aria-labelledby="hour-title">
      <h2 id="hour-title">The last hour</h2>
      <div class="charts">
        ${chart({
          title: 'Uploaded',
          sum: total === 0 ? 'nothing' : `${counted(total, 'document')}, at most ${figure(most)} a minute`,
          kind: 'throughput',
          told: `${counted(total, 'document')} uploaded in the last hour, at most ${most} in a minute.`,
          bars: minutes.map(({ uploaded }) => [uploaded / Math.max(1, most)]),
          minutes,
          say: ({ uploaded }) => figure(uploaded),
        })}
        ${chart({
          title,
          sum: total === 0 ? '' : `${middle} and longest, at most ${lasting(longest)}`,
          kind: 'latency',
          told: `The longest took ${lasting(longest)}.`,
          bars: minutes.map(({ middleMs, longestMs }) => [
            (longestMs ?? 0) / Math.max(1, longest),
            (middleMs ?? 0) / Math.max(1, longest),
          ]),
          minutes,
          say: ({ middleMs, longestMs }) =>
            middleMs === null ? '–' : `${lasting(middleMs)}, longest ${lasting(longestMs ?? middleMs)}`,
        })}
      </div>
    </section>
  `;
}

function chart({ title, sum, kind, told, bars, minutes, say }) {
  const width = minutes.length * STEP;
  return html`
    <figure class=${kind}>
      <figcaption><strong>${title}</strong> <span>${sum}</span></figcaption>
      <div class="plot">
        <svg viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${told}>
          ${bars.map((heights, at) => minute(heights, at, `${clock(minutes[at].at)}: ${say(minutes[at])}`))}
        </svg>
      </div>
      <div class="axis"><span>${clock(minutes[0].at)}</span><span>${clock(minutes[30].at)}</span><span>now</span></div>
    </figure>
  `;
}

const SEEN = 2;

/** The longest first, so that the shorter bar stands before it. */
function minute(heights, at, title) {
  return svg`<g>
    <title>${title}</title>
    <rect class="hit" x=${at * STEP} y="0" width=${STEP} height=${HEIGHT}></rect>
    ${heights.map((height, nth) => {
      const tall = height === 0 ? 0 : Math.max(SEEN, height * HEIGHT);
      return svg`<rect class="bar bar-${nth}" x=${at * STEP + 1} y=${HEIGHT - tall} width=${STEP - 2} height=${tall}></rect>`;
    })}
  </g>`;
}
