// A sale opens: 1,000 users arrive within one second to buy 100 items. Sold out is an expected outcome, not an error.
// `flashcrowd demo` runs this script against three practice shops; to run it by hand against one:
//
//   flashcrowd shop --lock none --stock 1=100
//   flashcrowd run examples/k6/opening.js
//
// Other shops and loads: -e BASE_URL=http://127.0.0.1:8080 -e PRODUCT=1 -e USERS=1000 -e ITEMS=100
import http from 'k6/http';
import { check, sleep } from 'k6';
import { Counter } from 'k6/metrics';

const BASE_URL = __ENV.BASE_URL || 'http://127.0.0.1:8080';
const PRODUCT = __ENV.PRODUCT || '1';
const USERS = Number(__ENV.USERS || 1000);
const ITEMS = Number(__ENV.ITEMS || 100);

export const options = {
  scenarios: {
    opening: { executor: 'per-vu-iterations', vus: USERS, iterations: 1, maxDuration: '2m' },
  },
  thresholds: {
    items_sold: [`count==${ITEMS}`], // never oversold
    'http_req_duration{name:purchase}': ['p(50)<100', 'p(99)<500'],
    http_req_failed: ['rate<0.001'],
  },
};

const itemsSold = new Counter('items_sold');
const json = { 'Content-Type': 'application/json' };

export default function () {
  sleep(Math.random()); // everybody arrives within one second

  const user = JSON.stringify({ username: `user_${__VU}`, password: 'password123' });
  const login = http.post(`${BASE_URL}/login`, user, { headers: json, tags: { name: 'login' } });
  if (!check(login, { 'logged in': (r) => r.status === 200 })) {
    return;
  }
  const headers = { ...json, Authorization: `Bearer ${login.json('access_token')}` };

  for (let look = 0; look < 3; look++) {
    const stock = http.get(`${BASE_URL}/inventory/${PRODUCT}`, { headers, tags: { name: 'stock' } });
    check(stock, { 'stock is shown': (r) => r.status === 200 });
    sleep(0.1 + 0.4 * Math.random());
  }

  const purchase = http.post(`${BASE_URL}/purchase/${PRODUCT}`, JSON.stringify({ quantity: 1 }), {
    headers,
    tags: { name: 'purchase' },
    responseCallback: http.expectedStatuses(200, 409),
  });
  check(purchase, { 'bought, or sold out': (r) => r.status === 200 || r.status === 409 });
  itemsSold.add(purchase.status === 200 ? 1 : 0);
}
