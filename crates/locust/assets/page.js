'use strict';
// Shows how the run stands, every two seconds, and sends what the form and the buttons ask for.
const base = document.body.dataset.base;
const at = (id) => document.getElementById(id);
const form = at('form');
let busy = null;
let failed = 0;

const ask = (path, options) => fetch(base + path, { credentials: 'same-origin', ...options });
const whole = (value) => Math.round(value).toLocaleString('en');
const rate = (value) => value.toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

function cell(row, text, kind) {
  const made = document.createElement('td');
  made.textContent = text;
  if (kind) made.className = kind;
  row.append(made);
  return made;
}

function fill(id, rows, make) {
  const body = at(id).tBodies[0];
  const made = rows.map((one) => {
    const row = document.createElement('tr');
    make(row, one);
    return row;
  });
  body.replaceChildren(...made);
  at(id).closest('section').hidden = rows.length === 0;
}

function requests(row, one) {
  if (one.name === 'Aggregated' && !one.method) row.className = 'total';
  cell(row, one.method, 't m');
  cell(row, one.name, 't');
  cell(row, whole(one.num_requests));
  cell(row, whole(one.num_failures), one.num_failures ? 'is-bad' : '');
  cell(row, whole(one.median_response_time));
  for (const key of Object.keys(one).filter((key) => key.startsWith('response_time_percentile_')).sort()) cell(row, whole(one[key]));
  for (const key of ['avg_response_time', 'min_response_time', 'max_response_time', 'avg_content_length']) cell(row, whole(one[key]));
  cell(row, rate(one.current_rps));
  cell(row, rate(one.current_fail_per_sec), one.current_fail_per_sec ? 'is-bad' : '');
}

function errors(row, one) {
  cell(row, whole(one.occurrences));
  cell(row, one.method, 't m');
  cell(row, one.name, 't');
  cell(row, one.error, 't');
}

function exceptions(row, one) {
  cell(row, whole(one.count));
  const text = document.createElement('pre');
  text.textContent = one.traceback;
  cell(row, one.msg, 't').append(text);
}

function show(found) {
  const was = busy;
  busy = ['spawning', 'running', 'stopping'].includes(found.state);
  if (busy !== was) form.hidden = busy;
  at('state').textContent = found.state;
  at('state').className = 'is-' + found.state;
  at('users').textContent = whole(found.user_count);
  at('rps').textContent = rate(found.current_rps);
  at('failures').textContent = (found.fail_ratio * 100).toLocaleString('en', { maximumFractionDigits: 1 }) + ' %';
  at('failures').className = found.fail_ratio > 0 ? 'is-bad' : '';
  const times = Object.entries(found.current_response_time_percentiles).at(-1);
  if (times) at('time-name').textContent = `Response time, ${Math.round(times[0].split('_').at(-1) * 1e6) / 1e4} % of the last 10 s`;
  at('time').textContent = times && times[1] !== null ? whole(times[1]) + ' ms' : '–';
  at('stop').hidden = !busy;
  at('stop').disabled = found.state === 'stopping';
  at('edit').hidden = !busy || !at('user_count');
  at('reset').hidden = found.state === 'ready';
  at('start').textContent = busy ? 'Change users' : found.state === 'ready' ? 'Start' : 'Start a new test';
  for (const one of form.querySelectorAll('[data-once]')) one.hidden = busy;
  fill('requests', found.stats.length > 1 ? found.stats : [], requests);
  fill('errors', found.errors, errors);
}

async function look() {
  try {
    const answers = await Promise.all(['/stats/requests', '/exceptions', '/charts'].map((path) => ask(path)));
    const wrong = answers.find((one) => !one.ok);
    if (wrong) throw new Error((await wrong.json()).message);
    show(await answers[0].json());
    fill('exceptions', (await answers[1].json()).exceptions, exceptions);
    at('charts').innerHTML = await answers[2].text();
    if (failed) say('');
    failed = 0;
  } catch (error) {
    failed += 1;
    if (failed > 1) say(error instanceof TypeError ? 'The run is over, or cannot be reached. What is shown is how it stood last.' : error.message);
  }
}

function say(text) {
  at('banner').textContent = text;
  at('banner').hidden = !text;
}

async function send(path, body) {
  const found = await (await ask(path, { method: 'POST', body })).text();
  await look();
  return found;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const was = busy;
  const body = new URLSearchParams();
  for (const one of form.elements) {
    if (!one.name || (was && one.closest('[data-once]'))) continue;
    if (one.type === 'checkbox' && one.name !== 'user_classes') body.append(one.name, String(one.checked));
    else if (one.type !== 'checkbox' || one.checked) body.append(one.name, one.value);
  }
  at('start').disabled = true;
  try {
    const found = JSON.parse(await send('/swarm', body));
    say(found.success ? '' : found.message);
    if (found.success) form.hidden = true;
  } catch (error) {
    say(String(error.message));
  }
  at('start').disabled = false;
});
at('stop').addEventListener('click', () => send('/stop'));
at('reset').addEventListener('click', () => send('/stats/reset'));
at('edit').addEventListener('click', () => {
  form.hidden = !form.hidden;
  if (!form.hidden) at('user_count').focus();
});

look();
setInterval(() => document.hidden || look(), 2000);
