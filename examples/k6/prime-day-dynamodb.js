// Prime Day on DynamoDB: some customers browse products, others order them in transactions that never oversell.
// Money is never a floating-point number: prices arrive as Decimal and stay Decimal.
//
//   flashcrowd dynamodb setup --table-prefix try-
//   flashcrowd run examples/k6/prime-day-dynamodb.js -e TABLE_PREFIX=try-
//   flashcrowd dynamodb teardown --table-prefix try-
//
// For a DynamoDB other than AWS's: -e ENDPOINT=http://127.0.0.1:8000, and --endpoint-url for setup and teardown.
// Other loads: -e CUSTOMERS=20 -e DURATION=5m -e PRODUCTS=100
import { check } from 'k6';
import { Counter } from 'k6/metrics';
import { Client, Decimal } from 'flashcrowd/dynamodb';

const PREFIX = __ENV.TABLE_PREFIX || '';
const PRODUCTS = Number(__ENV.PRODUCTS || 100);
const CUSTOMERS = Number(__ENV.CUSTOMERS || 5);
const DURATION = __ENV.DURATION || '30s';
const HALF = Math.max(1, Math.floor(CUSTOMERS / 2));

export const options = {
  scenarios: {
    reads: { executor: 'constant-vus', vus: Math.max(1, CUSTOMERS - HALF), duration: DURATION, exec: 'read' },
    orders: { executor: 'constant-vus', vus: HALF, duration: DURATION, exec: 'order' },
  },
  thresholds: {
    dynamodb_failed: ['rate<0.05'],
    dynamodb_errors: ['count==0'],
    'dynamodb_call_duration{scenario:reads}': ['p(95)<500'],
  },
};

const db = new Client({ endpoint: __ENV.ENDPOINT });
const table = (name) => PREFIX + name;
const ordered = new Counter('orders');
const soldOut = new Counter('orders_sold_out');

const below = (count) => Math.floor(Math.random() * count);
const productId = () => `p-${String(1 + below(PRODUCTS)).padStart(5, '0')}`;
const product = (product_id) => db.getItem({ TableName: table('Products'), Key: { product_id } }).Item;

export function read() {
  const found = product(productId());
  if (!check(found, { 'the product exists': (item) => item !== undefined }) || Math.random() < 0.5) {
    return;
  }
  const others = db.query({
    TableName: table('Products'),
    IndexName: 'category-index',
    KeyConditionExpression: 'category_id = :category',
    ExpressionAttributeValues: { ':category': found.category_id },
    Limit: 20,
  });
  check(others, { 'its category has products': (page) => page.Count > 0 });
}

export function order() {
  const product_id = productId();
  const found = product(product_id);
  if (found === undefined) {
    return;
  }
  const quantity = 1 + below(2);
  const discount = 10 + below(41);
  const subtotal = found.price.times(quantity);
  const total = subtotal.times(100 - discount).times('0.01').round(2);
  const order_id = `${Date.now()}-${__VU}-${__ITER}`;
  const now = new Date();
  const delivery = new Date(now.getTime() + 24 * 3600 * 1000).toISOString().slice(0, 10);
  const TableName = table('Orders');
  try {
    db.transactWrite({
      TransactItems: [
        {
          Put: {
            TableName,
            Item: {
              order_id,
              line: 'order',
              customer_id: `c-${String(1 + below(100)).padStart(5, '0')}`,
              ordered_at: now.toISOString(),
              delivery,
              status: 'PLACED',
              subtotal,
              discount: subtotal.minus(total),
              total,
            },
            ConditionExpression: 'attribute_not_exists(order_id)',
          },
        },
        { Put: { TableName, Item: { order_id, line: 'line#1', product_id, quantity, price: found.price, discount, total } } },
        {
          Update: {
            TableName: table('Products'),
            Key: { product_id },
            UpdateExpression: 'SET stock = stock - :quantity',
            ConditionExpression: 'stock >= :quantity',
            ExpressionAttributeValues: { ':quantity': quantity },
          },
        },
      ],
    });
    ordered.add(1);
    check(total, { 'nobody pays more than the price': (paid) => paid.compare(subtotal) < 0 && paid.compare(new Decimal(0)) > 0 });
  } catch (error) {
    // Sold out is an expected outcome; the client counts calls that were throttled on every attempt.
    if (error.kind === 'conditional') {
      soldOut.add(1);
    } else if (error.kind !== 'throttled' && error.kind !== 'conflict') {
      throw error;
    }
  }
}
