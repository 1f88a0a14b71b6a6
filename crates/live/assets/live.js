'use strict';
// Shows a run while it lasts. What the server sends are names of others: they become text, never markup.
const at = (id) => document.getElementById(id);
const SVG = 'http://www.w3.org/2000/svg';
const INKS = ['blue', 'amber', 'red', 'teal', 'purple', 'brown'];
let run = null;
let about = {};
let points = [];
let seen = new Set();
let newest = 0;
let cursor = null;
let last = null;
let current = null;

const whole = (value) => Math.round(value).toLocaleString('en');
const figure = (value) => {
  const size = Math.abs(value);
  if (size >= 1e5 && size < 1e15) return value.toLocaleString('en', { notation: 'compact', maximumFractionDigits: 1 });
  return value.toLocaleString('en', { maximumFractionDigits: size >= 100 ? 0 : size >= 10 ? 1 : 2 });
};
const time = (value) => (value == null ? '–' : value >= 10000 ? figure(value / 1000) + ' s' : figure(value) + ' ms');
const share = (part, all) => (all ? ((100 * part) / all).toLocaleString('en', { maximumFractionDigits: 1 }) + ' %' : '0 %');
const clock = (seconds) => {
  const two = (part) => String(part).padStart(2, '0');
  const all = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60];
  return (hours ? hours + ':' + two(minutes) : minutes) + ':' + two(all % 60);
};

function set(id, text, kind) {
  at(id).textContent = text;
  if (kind !== undefined) at(id).className = kind;
}

function add(parent, name, kind, text) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

function draw(parent, name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

// Tables.

function fill(id, rows, make) {
  fillRows(id, rows, make);
  at(id).closest('section').hidden = rows.length === 0;
}

function fillRows(id, rows, make) {
  const made = rows.map((one) => {
    const row = document.createElement('tr');
    make(row, one);
    return row;
  });
  at(id).tBodies[0].replaceChildren(...made);
}

function scenario(row, one) {
  const name = add(row, 'td', 't', one.name);
  add(name, 'div', 'note', one.executor);
  const cell = add(row, 'td', 'm');
  const bar = add(cell, 'progress');
  bar.max = 1;
  bar.value = one.progress;
  add(cell, 'span', '', one.state === 'running' ? Math.floor(one.progress * 100) + ' %' : one.state);
  add(row, 'td', '', whole(one.vus) + ' / ' + whole(one.vusMax));
  add(row, 'td', '', one.rate == null ? '–' : figure(one.rate) + '/s');
  add(row, 'td', '', whole(one.completed) + (one.planned == null ? '' : ' / ' + whole(one.planned)));
  add(row, 'td', one.failed ? 'is-bad' : '', whole(one.failed));
  add(row, 'td', one.dropped ? 'is-bad' : '', whole(one.dropped));
}

function threshold(row, one) {
  add(row, 'td', 's t', one.metric);
  add(add(row, 'td', 's t'), 'code', '', one.source);
  add(row, 'td', one.ok ? 't m is-held' : 't m is-bad', one.ok ? '✓ holds' : '✗ crossed');
  add(row, 'td', '', one.value == null ? '–' : figure(one.value));
}

function request(row, one) {
  add(row, 'td', 't m', one.method);
  add(row, 'td', 't', one.name);
  add(row, 'td', '', whole(one.count));
  add(row, 'td', one.failed ? 'is-bad' : '', one.failed ? whole(one.failed) + ' (' + share(one.failed, one.count) + ')' : '0');
  for (let column = 0; column < 5; column += 1) add(row, 'td', '', time(one.times[column]));
}

function failure(row, one) {
  add(row, 'td', 't m', one.method);
  add(row, 'td', 't', one.name);
  add(row, 'td', 't m', one.code);
  add(row, 'td', 'is-bad', whole(one.count));
}

function check(row, one) {
  add(row, 'td', 't', one.name);
  add(row, 'td', '', whole(one.passes));
  add(row, 'td', one.fails ? 'is-bad' : '', whole(one.fails));
}

// Charts.

function ceiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

/** Draws a chart of lines: `{ name, ink, of }`, where `of` is a point's value. */
function chart(parent, title, lines, shown, small) {
  const box = add(parent, 'figure');
  add(box, 'h3', '', title);
  const width = Math.max(200, Math.floor(parent.chartWidth || 400));
  const height = small ? 90 : 190;
  const [left, right, top, bottom] = [small ? 48 : 56, 6, 8, small ? 8 : 22];
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('role', 'img');
  box.append(svg);
  const values = lines.flatMap((line) => points.map(line.of)).filter((value) => value != null);
  const most = ceiling(values.reduce((one, other) => Math.max(one, other), 0));
  const least = values.reduce((one, other) => Math.min(one, other), 0) < 0 ? -most : 0;
  const end = Math.max(points.length ? points.at(-1).t : 0, 10);
  const start = points.length ? Math.min(points[0].t - points[0].seconds, end) : 0;
  const x = (t) => left + ((t - start) / Math.max(end - start, 1e-9)) * (width - left - right);
  const y = (value) => top + (1 - (value - least) / (most - least)) * (height - top - bottom);
  for (const part of small ? [0, 1] : [0, 0.5, 1]) {
    const value = least + part * (most - least);
    draw(svg, 'line', { class: 'grid', x1: left, x2: width - right, y1: y(value), y2: y(value) });
    draw(svg, 'text', { class: 'scale', x: left - 6, y: y(value) + 4, 'text-anchor': 'end' }, shown(value));
  }
  if (!small) {
    for (const part of [0, 0.5, 1]) {
      const anchor = part === 0 ? 'start' : part === 1 ? 'end' : 'middle';
      const t = start + part * (end - start);
      draw(svg, 'text', { class: 'scale', x: x(t), y: height - 5, 'text-anchor': anchor }, clock(t));
    }
  }
  for (const line of lines) {
    let path = '';
    let open = false;
    for (const point of points) {
      const value = line.of(point);
      if (value == null) open = false;
      else {
        path += `${open ? 'L' : 'M'}${x(point.t).toFixed(1)} ${y(value).toFixed(1)}`;
        open = true;
      }
    }
    if (path) draw(svg, 'path', { class: 'line ' + line.ink, d: path });
  }
  const looked = cursor == null ? points.at(-1) : points.find((point) => point.t >= cursor) || points.at(-1);
  if (cursor != null && looked) draw(svg, 'line', { class: 'cursor', x1: x(looked.t), x2: x(looked.t), y1: top, y2: height - bottom });
  const caption = add(box, 'figcaption');
  for (const line of lines) {
    const value = looked && line.of(looked);
    const entry = add(caption, 'span');
    if (lines.length > 1 || !small) add(entry, 'i', line.ink);
    entry.append(line.name || '');
    add(entry, 'b', '', value == null ? '–' : shown(value));
  }
  svg.setAttribute('aria-label', title + ': ' + caption.textContent);
  svg.addEventListener('pointermove', (event) => {
    const place = svg.getBoundingClientRect();
    const t = start + ((((event.clientX - place.left) / place.width) * width - left) / (width - left - right)) * (end - start);
    const near = points.find((point) => point.t >= t);
    const found = near ? near.t : null;
    if (found !== cursor) {
      cursor = found;
      charts();
    }
  });
}

function errorLines() {
  const sums = new Map();
  for (const point of points) {
    for (const [code, rate] of Object.entries(point.errors)) sums.set(code, (sums.get(code) || 0) + rate * point.seconds);
  }
  const codes = [...sums].sort((one, other) => other[1] - one[1]).map(([code]) => code);
  return codes.slice(0, INKS.length).map((code, number) => ({ name: code, ink: INKS[(number + 2) % INKS.length], of: (point) => point.errors[code] || 0 }));
}

function charts() {
  const parent = at('charts');
  parent.chartWidth = columnWidth(parent, 420, 32);
  const made = document.createDocumentFragment();
  made.chartWidth = parent.chartWidth;
  const rate = last && last.totals.requests == null ? 'Iterations' : 'Requests';
  const throughput = [{ name: rate + ' per second', ink: 'blue', of: (point) => point.rate }];
  if (points.some((point) => point.dropped > 0)) throughput.push({ name: 'Dropped iterations per second', ink: 'red', of: (point) => point.dropped });
  chart(made, rate + ' per second', throughput, figure);
  const of = (index) => (point) => (point.times ? point.times[index] : null);
  const times = [0, 1, 2].map((index) => ({ name: ['p50', 'p95', 'p99'][index], ink: INKS[index], of: of(index) }));
  chart(made, last && last.totals.times ? 'Times: ' + last.totals.times : 'Response times', times, time);
  chart(made, 'VUs', [
    { name: 'active', ink: 'blue', of: (point) => point.vus },
    { name: 'initialized', ink: 'brown', of: (point) => point.vus_max },
  ], figure);
  const errors = errorLines();
  if (errors.length) chart(made, 'Failed requests per second, by code', errors, figure);
  parent.replaceChildren(made);
  target();
}

function columnWidth(parent, least, gap) {
  const all = parent.clientWidth || 400;
  const columns = Math.max(1, Math.floor((all + gap) / (Math.min(least, all) + gap)));
  return (all - gap * (columns - 1)) / columns;
}

const bare = (name) => name.split('{')[0];

/** Whether a series only grows: a name in `_total`, and the count and the sum of a distribution. */
function onlyGrows(name) {
  const [, family, end] = /^(.*)_(total|count|sum)$/.exec(bare(name)) || [];
  const other = { count: family + '_sum', sum: family + '_count' }[end];
  return end === 'total' || (end != null && [...seen].some((series) => bare(series) === other));
}

/** Counters are shown by the second, everything else as it is. */
function seriesOf(name) {
  if (!onlyGrows(name)) return { name, of: (point) => point.target[name] ?? null };
  const rates = new Map();
  points.forEach((point, number) => {
    const before = number > 0 && points[number - 1];
    const [then, now] = [before && before.target[name], point.target[name]];
    if (then != null && now != null && point.t > before.t) rates.set(point, Math.max(0, now - then) / (point.t - before.t));
  });
  return { name: name + ' per second', of: (point) => rates.get(point) ?? null };
}

const isMeant = (name, asked) => name === asked || name.startsWith(asked + '{');

/** A series that was asked for: one line for each of its labels, or the sum of more than there are inks. */
function askedFor(made, asked) {
  const names = [...seen].filter((name) => isMeant(name, asked));
  const grows = names.length > 0 && onlyGrows(names[0]) ? ' per second' : '';
  if (!names.length) {
    add(made, 'p', 'note', 'No source has reported ' + asked + ' so far.');
    return;
  }
  const lines = names.map((name, number) => ({ name: name.slice(asked.length), ink: INKS[(number + 3) % INKS.length], of: seriesOf(name).of }));
  if (lines.length <= INKS.length) {
    chart(made, asked + grows, lines, figure, true);
    return;
  }
  const sum = (point) => lines.map((line) => line.of(point)).filter((value) => value != null).reduce((one, other) => (one ?? 0) + other, null);
  chart(made, `${asked}${grows}, the sum of ${lines.length} series`, [{ name: '', ink: 'teal', of: sum }], figure, true);
}

/** The target's own series: those that were asked for are drawn first, then those that move are drawn, the others stand in a table. */
function target() {
  const latest = points.findLast((point) => Object.keys(point.target).length);
  const charted = about.charts || [];
  at('target').closest('section').hidden = !latest && !charted.length;
  const moves = (name) => {
    const values = points.map((point) => point.target[name]).filter((value) => value != null);
    return values.some((value) => value !== values[0]);
  };
  const isCharted = (name) => charted.some((asked) => isMeant(name, asked));
  const names = Object.keys(latest ? latest.target : {}).filter((name) => !isCharted(name));
  const moving = names.filter(moves).slice(0, 24);
  const made = document.createDocumentFragment();
  made.chartWidth = columnWidth(at('target'), 220, 28);
  for (const asked of charted) askedFor(made, asked);
  for (const one of moving.map(seriesOf)) chart(made, one.name, [{ name: '', ink: 'teal', of: one.of }], figure, true);
  at('target').replaceChildren(made);
  const resting = names.filter((name) => !moving.includes(name)).map((name) => ({ name, value: latest.target[name] }));
  at('resting').closest('details').hidden = resting.length === 0;
  set('resting-count', resting.length + ' series that stand still');
  fillRows('resting', resting, (row, one) => {
    add(row, 'td', 't', one.name);
    add(row, 'td', '', figure(one.value));
  });
}

// The run.

const STATES = { init: 'starting', setup: 'setup()', running: 'running', teardown: 'teardown()', judging: 'over' };

function show(state) {
  const { view, status } = state;
  const stage = status.paused && !status.stopped ? 'paused' : STATES[state.stage] || 'waiting';
  set('state', stage, 'is-' + stage);
  buttons(state, stage);
  if (!view) return;
  last = view;
  const { totals, point } = view;
  set('vus', whole(status.vus) + ' / ' + whole(status['vus-max']));
  set('rate-name', totals.requests == null ? 'Iterations per second' : 'Requests per second');
  set('rate', figure(point.rate));
  set('count', whole(totals.requests ?? totals.iterations ?? 0));
  set('failed', totals.requests == null ? '–' : share(totals.failed || 0, totals.requests), totals.failed ? 'is-bad' : '');
  set('p95', time(totals.p95));
  set('p99', time(totals.p99));
  at('progress').value = about.length ? Math.min(1, totals.seconds / about.length) : 0;
  const paused = state.pausedFor >= 1 ? ', paused for ' + clock(state.pausedFor) : '';
  set('clock', clock(totals.seconds) + (about.length ? ' of ' + clock(about.length) : '') + paused);
  fill('scenarios', view.scenarios, scenario);
  fill('thresholds', view.thresholds, threshold);
  fill('requests', view.requests, request);
  fill('errors', view.errors, failure);
  fill('checks', view.checks, check);
  charts();
}

// Controls, by k6's REST API.

function buttons({ status, scale, rate, stage }, shown) {
  const over = status.stopped || stage === 'judging' || stage === 'teardown';
  at('pause').hidden = over || status.paused;
  at('resume').hidden = over || !status.paused;
  at('resume').textContent = status.running ? 'Resume' : 'Start';
  at('stop').hidden = over || shown === 'waiting';
  at('scale').hidden = over || !scale;
  if (scale && document.activeElement !== at('scale-vus')) at('scale-vus').value = scale.vus;
  at('pace').hidden = over || rate == null;
  if (rate != null && document.activeElement !== at('rate-value')) at('rate-value').value = rate;
}

async function steer(attributes) {
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ data: { type: 'status', id: 'default', attributes } });
  try {
    const answer = await fetch('/v1/status', { method: 'PATCH', credentials: 'same-origin', headers, body });
    const found = await answer.json();
    say(answer.ok ? '' : found.errors ? found.errors[0].detail : found.message);
  } catch (error) {
    say(String(error.message));
  }
}

at('pause').addEventListener('click', () => steer({ paused: true }));
at('resume').addEventListener('click', () => steer({ paused: false }));
at('stop').addEventListener('click', () => {
  if (confirm('Stop the run? Iterations that have begun are interrupted.')) steer({ stopped: true });
});
at('scale').addEventListener('submit', (event) => {
  event.preventDefault();
  const vus = Number(at('scale-vus').value);
  steer({ vus, 'vus-max': Math.max(vus, current && current.scale ? current.scale.max : vus) });
});

at('pace').addEventListener('submit', (event) => {
  event.preventDefault();
  steer({ rate: Number(at('rate-value').value) });
});

function say(text) {
  set('banner', text);
  at('banner').hidden = !text;
}

async function catchUp() {
  const found = await (await fetch('/history', { credentials: 'same-origin' })).json();
  about = found;
  run = found.run;
  newest = found.n;
  points = found.points;
  seen = new Set(points.flatMap((point) => Object.keys(point.target)));
  document.title = (found.name ? found.name + ' · ' : '') + 'flashcrowd';
  set('name', found.name || 'Waiting for the run');
  set('about', [found.source, found.target].filter((text) => text && text !== found.name).join(' → '));
  charts();
}

async function second(state) {
  const view = state.view;
  const isMissing = state.n > newest + 1 || (!view && state.n > newest);
  if (state.run !== run || isMissing || points.length > 1500) await catchUp();
  else if (view && state.n === newest + 1) {
    points.push(view.point);
    Object.keys(view.point.target).forEach((name) => seen.add(name));
  }
  newest = Math.max(state.n, newest);
  current = state;
  if (!document.hidden) show(state);
}

let queue = Promise.resolve();
const events = new EventSource('/events');
let isOver = false;
const heed = (name, act) => events.addEventListener(name, (event) => {
  queue = queue.then(() => act(JSON.parse(event.data))).catch((error) => say(String(error.message)));
});
heed('state', (state) => state.status && second(state));
heed('over', (found) => {
  if (found.report) {
    isOver = true;
    events.close();
    location.reload();
  } else say('The run is over.');
});
events.addEventListener('open', () => say(''));
events.addEventListener('error', () => {
  if (!isOver) say('The run is over, or cannot be reached. What is shown is how it stood last.');
});
at('charts').addEventListener('pointerleave', () => {
  cursor = null;
  charts();
});
addEventListener('resize', charts);
document.addEventListener('visibilitychange', () => document.hidden || catchUp().then(() => current && show(current)));
