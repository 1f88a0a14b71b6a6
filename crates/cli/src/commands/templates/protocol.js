import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { Trend } from 'k6/metrics';

// Give another server with -e BASE_URL=http://...
const BASE_URL = __ENV.BASE_URL || 'http://127.0.0.1:8080';
const AS_JSON = { headers: { 'Content-Type': 'application/json' }, tags: { name: 'order' } };

const orderTime = new Trend('order_time', true);

export const options = {
  scenarios: {
    // Customers keep coming, however long the server takes.
    rush: {
      executor: 'ramping-arrival-rate',
      startRate: 1,
      timeUnit: '1s',
      preAllocatedVUs: 50,
      maxVUs: 500,
      stages: [
        { duration: '10s', target: 20 },
        { duration: '30s', target: 20 },
        { duration: '10s', target: 0 },
      ],
    },
  },
  thresholds: {
    http_req_failed: ['rate<0.01'],
    'http_req_duration{name:product}': ['p(95)<300'],
    order_time: ['p(99)<800'],
    checks: ['rate>0.99'],
  },
};

// Runs once, before the load; what it returns is the argument of the functions below.
export function setup() {
  return { product: 1 };
}

export default function (data) {
  group('browse', () => {
    const response = http.get(`${BASE_URL}/v1/products/${data.product}`, { tags: { name: 'product' } });
    check(response, { 'the product is there': (r) => r.status === 200 });
    sleep(0.5);
  });
  group('order', () => {
    const order = { userId: __VU, totalAmount: 1000, products: [{ productId: data.product, quantity: 1 }] };
    const response = http.post(`${BASE_URL}/v1/orders`, JSON.stringify(order), AS_JSON);
    orderTime.add(response.timings.duration);
    check(response, { 'the order is taken': (r) => r.status < 300 });
  });
}
