//! Outputs, each against a receiver that others made or that speaks for one.

mod all;
mod dashboards;
mod influxdb;
mod opentelemetry;
mod otlp;
mod prometheus;
mod remote_write;
mod scrape;
mod traces;

/// A script of sixty requests.
const SCRIPT: &str = "
import http from 'k6/http';
import { check } from 'k6';
export const options = { vus: 3, iterations: 60, thresholds: { http_req_duration: ['p(95)<60000'] } };
export default function () { check(http.get(`${__ENV.T}/a`), { 'is there': (r) => r.status === 200 }); }";
