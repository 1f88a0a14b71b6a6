// A festival queue under growing load: join the queue, then check the position.
//
//   flashcrowd run examples/k6/enqueue-test.js -e BASE_URL=http://127.0.0.1:8080 -e BOOTH_ID=1 -e AUTH_TOKEN=...
//
// `flashcrowd shop` prints a token for its own queue.
import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { Rate, Trend } from 'k6/metrics';

const BASE_URL = __ENV.BASE_URL || 'http://127.0.0.1:8080';
const BOOTH_ID = __ENV.BOOTH_ID || '1';

const enqueueTime = new Trend('enqueue_duration', true);
const positionTime = new Trend('position_duration', true);
const errors = new Rate('errors');

export const options = {
  stages: [
    { duration: '30s', target: 10 }, // warm-up
    { duration: '1m', target: 50 }, // ramp-up
    { duration: '2m', target: 100 }, // normal load
    { duration: '1m', target: 200 }, // stress
    { duration: '30s', target: 0 }, // cool-down
  ],
  thresholds: {
    http_req_failed: ['rate<0.01'],
    enqueue_duration: ['p(95)<500', 'p(99)<1000'],
    position_duration: ['p(95)<300'],
  },
};

export function setup() {
  if (!__ENV.AUTH_TOKEN) {
    throw new Error('AUTH_TOKEN is missing: pass a JWT with -e AUTH_TOKEN=...');
  }
  const res = http.get(`${BASE_URL}/health`);
  if (res.status === 0) {
    throw new Error(`${BASE_URL} does not respond: ${res.error}`);
  }
}

const params = (name) => ({
  headers: { Authorization: `Bearer ${__ENV.AUTH_TOKEN}`, 'Content-Type': 'application/json' },
  tags: { name },
});

export default function () {
  group('join the queue', () => {
    const res = http.post(`${BASE_URL}/v1/booths/${BOOTH_ID}/queue`, null, params('POST /v1/booths/{id}/queue'));
    enqueueTime.add(res.timings.duration);
    errors.add(!check(res, { 'joined': (r) => r.status === 200 }));
  });

  sleep(1);

  group('check the position', () => {
    const res = http.get(`${BASE_URL}/v1/booths/${BOOTH_ID}/queue/me`, params('GET /v1/booths/{id}/queue/me'));
    positionTime.add(res.timings.duration);
    errors.add(
      !check(res, {
        'position is returned': (r) => r.status === 200 && r.json('position') > 0,
      }),
    );
  });

  sleep(1);
}

// Leave the queue, so that the test cleans up after itself.
export function teardown() {
  http.del(`${BASE_URL}/v1/booths/${BOOTH_ID}/queue`, null, params('DELETE /v1/booths/{id}/queue'));
}
