// A festival opens: the arrival rate jumps from 10 to 500 per second, holds, and drops again.
//
//   flashcrowd run examples/k6/spike-test.js -e BASE_URL=http://127.0.0.1:8080 -e BOOTH_ID=1 -e AUTH_TOKEN=...
import http from 'k6/http';
import { check } from 'k6';

const BASE_URL = __ENV.BASE_URL || 'http://127.0.0.1:8080';
const BOOTH_ID = __ENV.BOOTH_ID || '1';

export const options = {
  scenarios: {
    opening: {
      executor: 'ramping-arrival-rate',
      startRate: 10,
      timeUnit: '1s',
      preAllocatedVUs: 100,
      maxVUs: 1000,
      stages: [
        { duration: '10s', target: 10 }, // a slow start
        { duration: '5s', target: 500 }, // the rush
        { duration: '30s', target: 500 }, // hold
        { duration: '10s', target: 10 }, // cool-down
      ],
    },
  },
  thresholds: {
    http_req_failed: ['rate<0.05'],
    http_req_duration: ['p(95)<2000'],
  },
};

const headers = { Authorization: `Bearer ${__ENV.AUTH_TOKEN}`, 'Content-Type': 'application/json' };

export default function () {
  const joined = http.post(`${BASE_URL}/v1/booths/${BOOTH_ID}/queue`, null, {
    headers,
    tags: { name: 'POST /v1/booths/{id}/queue' },
  });
  check(joined, { 'joined': (r) => r.status === 200 });

  const position = http.get(`${BASE_URL}/v1/booths/${BOOTH_ID}/queue/me`, {
    headers,
    tags: { name: 'GET /v1/booths/{id}/queue/me' },
  });
  check(position, { 'position is returned': (r) => r.status === 200 });
}

export function teardown() {
  http.del(`${BASE_URL}/v1/booths/${BOOTH_ID}/queue`, null, { headers });
}
