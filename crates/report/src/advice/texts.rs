//! The texts of advice: short sentences without figures, since those come from the record.

use flashcrowd_text::messages;

messages! {
    pub(super) fn dynamodb_title() { en: "DynamoDB throttling under load", ko: "부하 시 DynamoDB 스로틀링" }
    pub(super) fn dynamodb_before() {
        en: "Or switch to on-demand the day before.",
        ko: "또는 전날까지 온디맨드로 전환합니다.",
    }
    pub(super) fn dynamodb_cache() {
        en: "Cache hot reads, avoid scans.",
        ko: "잦은 조회는 캐시하고 스캔을 피합니다.",
    }
    pub(super) fn dynamodb_during() {
        en: "Raise RCU/WCU by hand: auto scaling lags minutes.",
        ko: "오토 스케일링은 수 분 늦으므로 RCU/WCU를 직접 올립니다.",
    }
    pub(super) fn dynamodb_queue() {
        en: "Queue orders.",
        ko: "주문은 큐에 넣어 처리합니다.",
    }
    pub(super) fn dynamodb_question() {
        en: "Is that right? Do quotas or warm throughput limit us?",
        ko: "이 용량이 적절한지, 할당량이나 예열 한도가 있는지 확인 부탁드립니다.",
    }

    pub(super) fn conflicts_title() { en: "DynamoDB transaction conflicts", ko: "DynamoDB 트랜잭션 충돌" }
    pub(super) fn conflicts_before() {
        en: "Take stock with conditional updates instead of transactions.",
        ko: "재고는 트랜잭션 대신 조건부 업데이트로 차감합니다.",
    }
    pub(super) fn conflicts_split() {
        en: "Split the stock of popular products over several items.",
        ko: "인기 상품의 재고를 여러 항목으로 나눕니다.",
    }
    pub(super) fn conflicts_during() {
        en: "Stagger sales of popular products.",
        ko: "인기 상품의 판매 시각을 나눕니다.",
    }
    pub(super) fn conflicts_question() {
        en: "How can conflicts be avoided, and is our plan right?",
        ko: "트랜잭션 충돌을 줄이는 권장 방법과 대응 계획이 적절한지 확인 부탁드립니다.",
    }

    pub(super) fn failures_title() { en: "DynamoDB calls fail under load", ko: "부하 시 DynamoDB 호출 실패" }
    pub(super) fn failures_before() {
        en: "Check the network and the permissions (IAM), then test again.",
        ko: "네트워크와 권한(IAM)을 확인하고 다시 테스트합니다.",
    }
    pub(super) fn failures_during() {
        en: "Watch errors by code, and stop selling what cannot be ordered.",
        ko: "오류를 코드별로 지켜보고 주문할 수 없는 상품은 판매를 멈춥니다.",
    }
    pub(super) fn failures_question() {
        en: "What causes these errors, and is our plan right?",
        ko: "오류의 원인과 대응 계획이 적절한지 확인 부탁드립니다.",
    }

    pub(super) fn pace_title() { en: "Less load than intended", ko: "목표에 못 미친 부하" }
    pub(super) fn pace_before() {
        en: "Raise the number of workers or look at the test's logic, then test again.",
        ko: "워커 수나 테스트 로직을 조정하고 다시 테스트합니다.",
    }
    pub(super) fn pace_again() {
        en: "Look for throttling and waiting first.",
        ko: "먼저 스로틀링과 대기가 없는지 확인합니다.",
    }
    pub(super) fn pace_question() {
        en: "What limits the rate here, and is our plan right?",
        ko: "처리량을 제한하는 요인과 대응 계획이 적절한지 확인 부탁드립니다.",
    }

    pub(super) fn hot_key_title() { en: "DynamoDB: one key is too hot", ko: "DynamoDB 핫 키로 인한 스로틀링" }
    pub(super) fn hot_key_before() {
        en: "Spread the hot key over several (write sharding); more capacity does not help.",
        ko: "핫 키를 여러 키로 나눕니다(쓰기 샤딩). 용량을 늘려도 해결되지 않습니다.",
    }
    pub(super) fn hot_key_cache() {
        en: "Cache its reads.",
        ko: "조회는 캐시합니다.",
    }
    pub(super) fn hot_key_during() {
        en: "Limit the rate of orders of the hot item.",
        ko: "인기 상품 주문의 유입 속도를 제한합니다.",
    }
    pub(super) fn hot_key_question() {
        en: "How should we shard it, and does split for heat help?",
        ko: "키를 어떻게 나눌지, 파티션 자동 분할로 해결되는지 확인 부탁드립니다.",
    }
    pub(super) fn peak_title() { en: "DynamoDB on-demand peak", ko: "DynamoDB 온디맨드 피크 초과" }
    pub(super) fn peak_before() {
        en: "Set warm throughput to the expected peak.",
        ko: "웜 처리량을 예상 피크에 맞춰 설정합니다.",
    }
    pub(super) fn peak_steps() {
        en: "Or raise the load in steps over an hour.",
        ko: "또는 한 시간에 걸쳐 부하를 단계적으로 올립니다.",
    }
    pub(super) fn peak_during() {
        en: "Let customers in gradually.",
        ko: "고객을 천천히 들여보냅니다.",
    }
    pub(super) fn peak_question() {
        en: "Please check the table's warm throughput for our peak.",
        ko: "예상 피크에 맞는 웜 처리량인지 확인 부탁드립니다.",
    }
    pub(super) fn quota_title() { en: "DynamoDB quota reached", ko: "DynamoDB 할당량 도달" }
    pub(super) fn quota_before() {
        en: "Request a higher quota, or raise the table's maximum: it can take days.",
        ko: "할당량 상향을 요청하거나 테이블의 최대 처리량을 올립니다. 며칠이 걸릴 수 있습니다.",
    }
    pub(super) fn quota_during() {
        en: "Limit the rate of orders.",
        ko: "주문 유입 속도를 제한합니다.",
    }
    pub(super) fn quota_question() {
        en: "Please raise the quota that we reached.",
        ko: "도달한 할당량의 상향을 요청드립니다.",
    }
    pub(super) fn burst_title() { en: "DynamoDB load above its capacity", ko: "DynamoDB 용량을 넘는 부하" }
    pub(super) fn burst_before() {
        en: "The burst that carried this test does not last.",
        ko: "테스트를 버티게 한 버스트는 곧 소진됩니다.",
    }
    pub(super) fn burst_again() {
        en: "Test again for longer.",
        ko: "더 길게 다시 테스트합니다.",
    }
    pub(super) fn burst_question() {
        en: "Is that right, and do quotas limit us?",
        ko: "이 용량이 적절한지, 할당량 제한이 있는지 확인 부탁드립니다.",
    }
    pub(super) fn throttling_title() { en: "Requests throttled under load", ko: "부하 시 스로틀링 발생" }
    pub(super) fn throttling_before() {
        en: "Raise capacity and quotas above the peak, or switch to on-demand.",
        ko: "용량과 한도를 예상 피크 위로 올리거나 온디맨드로 전환합니다.",
    }
    pub(super) fn throttling_spread() {
        en: "Spread hot keys and cache reads.",
        ko: "핫 키를 분산하고 조회는 캐시합니다.",
    }
    pub(super) fn throttling_during() {
        en: "Raise capacity at once.",
        ko: "즉시 용량을 늘립니다.",
    }
    pub(super) fn throttling_retry() {
        en: "Retry with backoff and jitter.",
        ko: "지수 백오프와 지터로 재시도합니다.",
    }
    pub(super) fn throttling_question() {
        en: "Which quotas apply, and is our plan to raise capacity right?",
        ko: "적용되는 한도와 용량 증설 계획이 적절한지 확인 부탁드립니다.",
    }

    pub(super) fn generator_title() { en: "Load test limited by its generator", ko: "부하 발생기 한계" }
    pub(super) fn generator_before() {
        en: "The load generator was the limit: repeat the test from more machines before relying on it.",
        ko: "부하 발생기가 먼저 한계에 도달했으므로 장비를 늘려 다시 테스트합니다.",
    }
    pub(super) fn generator_during() {
        en: "Let users in step by step, watching latency and errors.",
        ko: "응답 시간과 오류율을 보면서 유입을 단계적으로 늘립니다.",
    }
    pub(super) fn generator_question() {
        en: "How much load can our setup take, and how do we test it?",
        ko: "현재 구성의 처리 한도와 검증 방법을 문의드립니다.",
    }

    pub(super) fn stock_title() { en: "Stock wrong after load test", ko: "부하 테스트 후 재고 불일치" }
    pub(super) fn stock_before() {
        en: "Check and deduct stock in one atomic step, or under a lock.",
        ko: "재고 확인과 차감을 원자적 연산 하나로 처리하거나 락으로 보호합니다.",
    }
    pub(super) fn stock_audit() {
        en: "Repeat the test until the audit is exact.",
        ko: "재고 대사가 정확히 맞을 때까지 다시 테스트합니다.",
    }
    pub(super) fn stock_during() {
        en: "Stop selling the item, reconcile orders with stock, tell the buyers.",
        ko: "해당 상품 판매를 멈추고 주문과 재고를 대사한 뒤 고객에게 안내합니다.",
    }
    pub(super) fn stock_question() {
        en: "How should stock be deducted safely at this load?",
        ko: "이 부하에서 재고를 안전하게 차감하는 권장 방법을 문의드립니다.",
    }

    pub(super) fn lock_title() { en: "Lock contention under load", ko: "부하 시 락 경합" }
    pub(super) fn lock_before() {
        en: "Do less while holding the lock, and split it by item or user.",
        ko: "락을 잡는 구간을 줄이고 상품·사용자 단위로 락을 세분화합니다.",
    }
    pub(super) fn lock_queue() {
        en: "Use atomic updates, or hand writes to a queue.",
        ko: "원자적 갱신이나 메시지 큐를 통한 비동기 처리를 적용합니다.",
    }
    pub(super) fn lock_during() {
        en: "Shorten lock timeouts, so that waiting requests fail early.",
        ko: "락 대기 시간 제한을 줄여 밀린 요청을 빨리 실패시킵니다.",
    }
    pub(super) fn lock_spread() {
        en: "Stagger sales of popular items.",
        ko: "인기 상품의 판매 시각을 나눕니다.",
    }
    pub(super) fn lock_question() {
        en: "How can contention be avoided, and is our plan right?",
        ko: "락 경합을 줄이는 권장 방법과 대응 계획이 적절한지 확인 부탁드립니다.",
    }

    pub(super) fn pool_title() { en: "Connection pool saturated under load", ko: "부하 시 커넥션 풀 포화" }
    pub(super) fn pool_before() {
        en: "Enlarge the pool (connections, workers) as far as the database allows.",
        ko: "DB 최대 연결 수를 확인하고 커넥션 풀과 워커를 늘립니다.",
    }
    pub(super) fn pool_shorten() {
        en: "Shorten transactions and slow queries.",
        ko: "트랜잭션을 줄이고 느린 쿼리를 개선합니다.",
    }
    pub(super) fn pool_during() {
        en: "Add instances while the database has connections left.",
        ko: "DB 연결에 여유가 있는 동안 인스턴스를 증설합니다.",
    }
    pub(super) fn pool_features() {
        en: "Turn off what is not needed to buy.",
        ko: "구매와 무관한 기능을 끕니다.",
    }
    pub(super) fn pool_question() {
        en: "Which pool size and connection limits do you recommend?",
        ko: "권장 풀 크기와 연결 한도, 대응 계획이 적절한지 확인 부탁드립니다.",
    }

    pub(super) fn cpu_title() { en: "CPU saturated under load", ko: "부하 시 CPU 포화" }
    pub(super) fn cpu_before() {
        en: "Scale out before opening, and check that auto scaling starts early enough.",
        ko: "오픈 전에 스케일 아웃하고 오토 스케일링이 충분히 일찍 동작하는지 확인합니다.",
    }
    pub(super) fn cpu_profile() {
        en: "Profile the most frequent requests and cache their responses.",
        ko: "호출이 많은 요청을 프로파일링하고 응답을 캐시합니다.",
    }
    pub(super) fn cpu_during() { en: "Add instances by hand.", ko: "인스턴스를 수동으로 증설합니다." }
    pub(super) fn cpu_question() {
        en: "Which instance type and scaling policy do you recommend?",
        ko: "권장 인스턴스 유형과 스케일링 정책을 문의드립니다.",
    }

    pub(super) fn leak_title() { en: "Degradation under steady load", ko: "지속 부하 시 성능 저하" }
    pub(super) fn leak_before() {
        en: "Find what grows with time (memory, caches, open connections) and fix it.",
        ko: "시간이 지날수록 늘어나는 자원(메모리, 캐시, 연결)을 찾아 수정합니다.",
    }
    pub(super) fn leak_restart() {
        en: "Restart all instances shortly before opening.",
        ko: "오픈 직전에 모든 인스턴스를 재시작합니다.",
    }
    pub(super) fn leak_during() {
        en: "Watch memory, and restart instances one at a time.",
        ko: "메모리를 지켜보면서 인스턴스를 하나씩 재시작합니다.",
    }
    pub(super) fn leak_question() {
        en: "How can we find the cause, and is restarting safe?",
        ko: "원인 파악 방법과 순차 재시작이 적절한지 확인 부탁드립니다.",
    }

    pub(super) fn crash_title() { en: "Outage or slow recovery under load", ko: "부하 시 장애와 복구 지연" }
    pub(super) fn crash_before() {
        en: "Find why it stopped responding (memory, file and connection limits), then test again.",
        ko: "응답이 멈춘 원인(메모리, 파일·연결 한도)을 찾아 고치고 다시 테스트합니다.",
    }
    pub(super) fn crash_instances() {
        en: "Run several instances behind health checks.",
        ko: "헬스 체크 뒤에 여러 인스턴스를 둡니다.",
    }
    pub(super) fn crash_during() {
        en: "Take load off, restart, and let users back in step by step.",
        ko: "유입을 차단하고 재시작한 뒤 단계적으로 다시 받습니다.",
    }
    pub(super) fn crash_question() {
        en: "What limits recovery here, and is our plan right?",
        ko: "복구를 늦추는 요인과 대응 계획이 적절한지 확인 부탁드립니다.",
    }

    pub(super) fn errors_title() { en: "Errors under load", ko: "부하 시 오류 증가" }
    pub(super) fn errors_before() {
        en: "Find what refuses requests (limits, timeouts, queues) and raise it, or scale out.",
        ko: "요청이 거부되는 원인(한도, 타임아웃, 큐)을 찾아 늘리거나 스케일 아웃합니다.",
    }
    pub(super) fn errors_refuse() {
        en: "Prepare a waiting room page.",
        ko: "대기 안내 페이지를 준비합니다.",
    }
    pub(super) fn errors_during() {
        en: "Refuse early what cannot be served.",
        ko: "처리할 수 없는 요청은 일찍 거절합니다.",
    }
    pub(super) fn errors_retry() {
        en: "Have clients retry with backoff.",
        ko: "클라이언트는 백오프로 재시도하게 합니다.",
    }
    pub(super) fn errors_question() {
        en: "Which limits cause these errors, and is our plan right?",
        ko: "오류 원인이 되는 한도와 대응 계획이 적절한지 확인 부탁드립니다.",
    }

    pub(super) fn latency_title() { en: "Slow responses under load", ko: "부하 시 응답 지연" }
    pub(super) fn latency_before() {
        en: "Find what requests wait for (queries, calls, locks) and cache frequent reads.",
        ko: "요청이 기다리는 지점(쿼리, 외부 호출, 락)을 찾아 개선하고 잦은 조회는 캐시합니다.",
    }
    pub(super) fn latency_scale() {
        en: "Scale out and warm up before opening.",
        ko: "오픈 전에 스케일 아웃하고 워밍업합니다.",
    }
    pub(super) fn latency_during() {
        en: "Add instances when p95 rises.",
        ko: "p95가 오르면 인스턴스를 증설합니다.",
    }
    pub(super) fn latency_question() {
        en: "What limits this setup, and is our plan right?",
        ko: "현재 구성의 병목과 대응 계획이 적절한지 확인 부탁드립니다.",
    }

    pub(super) fn held_title() { en: "Capacity check before an event", ko: "이벤트 대비 용량 검토" }
    pub(super) fn held_before() {
        en: "Test again at the expected peak and beyond, until it breaks, to know the headroom.",
        ko: "예상 피크와 그 이상까지 한계에 도달할 때까지 다시 테스트하여 여유를 확인합니다.",
    }
    pub(super) fn held_capacity_before() {
        en: "The real event may be heavier than the test.",
        ko: "실제 이벤트의 부하는 테스트보다 클 수 있습니다.",
    }
    pub(super) fn held_capacity_question() {
        en: "Do our quotas allow for that?",
        ko: "할당량 안에서 가능한지 확인 부탁드립니다.",
    }
    pub(super) fn held_warm() {
        en: "Scale out and warm up before opening.",
        ko: "오픈 전에 스케일 아웃하고 워밍업합니다.",
    }
    pub(super) fn held_during() {
        en: "Watch p95 and errors, and add instances when they rise.",
        ko: "p95와 오류율을 지켜보고 오르면 인스턴스를 증설합니다.",
    }
    pub(super) fn held_question() {
        en: "Is there a limit above this load that we should raise?",
        ko: "이보다 큰 부하에서 미리 올려야 할 한도가 있는지 확인 부탁드립니다.",
    }

    pub(super) fn unfinished_title() { en: "Load test that did not finish", ko: "중단된 부하 테스트" }
    pub(super) fn unfinished_before() {
        en: "The test did not finish: find out why and repeat it.",
        ko: "테스트가 끝까지 진행되지 못했으므로 원인을 확인하고 다시 테스트합니다.",
    }

    pub(super) fn unmeasured_title() { en: "Load test without a result", ko: "결과가 없는 부하 테스트" }
    pub(super) fn unmeasured_before() {
        en: "No request was measured: check that the target can be reached, and test again.",
        ko: "측정된 요청이 없으므로 대상에 연결되는지 확인하고 다시 테스트합니다.",
    }
    pub(super) fn unmeasured_during() {
        en: "Let users in step by step, watching latency and errors.",
        ko: "응답 시간과 오류율을 보면서 유입을 단계적으로 늘립니다.",
    }
    pub(super) fn unmeasured_question() {
        en: "The load test received no responses. Is anything on the way blocking it?",
        ko: "부하 테스트에서 측정된 응답이 없습니다. 경로에서 차단되는지 확인 부탁드립니다.",
    }
}
