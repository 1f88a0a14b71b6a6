//! What the checks of a machine say, in English and Korean.

use flashcrowd_text::messages;

messages! {
    pub fn title() {
        en: "This machine as a load generator",
        ko: "부하 생성기로서의 이 머신",
    }
    pub fn found() { en: "found", ko: "현재" }
    pub fn wanted() { en: "wanted", ko: "권장" }
    pub fn all_is_well(count: usize) {
        en: "Nothing was found that would bend a run ({count} checks).",
        ko: "측정을 왜곡할 만한 설정이 없습니다(점검 {count}개).",
    }
    pub fn some_are_not(bad: usize, doubtful: usize) {
        en: "{bad} would bend every run, {doubtful} some runs.",
        ko: "모든 측정을 왜곡할 항목 {bad}개, 일부 측정을 왜곡할 항목 {doubtful}개.",
    }
    pub fn not_there() { en: "not here", ko: "해당 없음" }
    pub fn files(most: &str, now: &str) {
        en: "{most} (the shell's limit of {now} is raised to that)",
        ko: "{most}(셸의 한도 {now}에서 자동으로 올림)",
    }
    pub fn why_files() {
        en: "Every connection is an open file: with fewer, virtual users fail to connect, and that reads as errors of the target.",
        ko: "연결 하나가 파일 하나를 씁니다. 한도가 낮으면 가상 사용자가 연결하지 못하고, 이것이 대상의 오류처럼 보입니다.",
    }
    pub fn quota(quota: &str, cores: &str) {
        en: "{quota} of {cores} cores",
        ko: "코어 {cores}개 중 {quota}개",
    }
    pub fn all_cores() { en: "all cores, at least 1", ko: "모든 코어, 최소 1개" }
    pub fn why_quota() {
        en: "A container with a quota is stopped for the rest of each period once it is used up: response times get steps of up to 100 ms that the target does not have.",
        ko: "CPU 할당량이 있는 컨테이너는 할당량을 다 쓰면 주기가 끝날 때까지 멈춥니다. 대상과 무관한 최대 100ms의 지연이 응답 시간에 더해집니다.",
    }
    pub fn why_throttling() {
        en: "Of the control group's periods, how many ended early because the quota was used up.",
        ko: "CPU 할당량을 다 써서 중간에 멈춘 주기의 비율입니다.",
    }
    pub fn why_stolen() {
        en: "Time that this machine wanted and others on the same hardware had, as on instances that live on CPU credits: it is added to response times.",
        ko: "같은 하드웨어의 다른 머신에 빼앗긴 CPU 시간입니다(CPU 크레딧을 쓰는 인스턴스 등). 그만큼 응답 시간이 길어집니다.",
    }
    pub fn why_others() {
        en: "What other programs use, over one second: iterations start late when they need the same cores.",
        ko: "1초 동안 다른 프로그램이 쓴 CPU 비율입니다. 같은 코어를 두고 경쟁하면 반복이 늦게 시작됩니다.",
    }
    pub fn why_governor() {
        en: "A clock that rises with the load makes the first minutes slower than the rest, and light loads slower than heavy ones.",
        ko: "부하에 따라 클럭이 올라가면 처음 몇 분이 느리고, 낮은 부하가 높은 부하보다 느리게 측정됩니다.",
    }
    pub fn why_clock() {
        en: "The time is read several times a request; these clocks take microseconds each.",
        ko: "요청마다 시간을 여러 번 읽는데, 느린 시계는 한 번에 몇 마이크로초가 걸립니다.",
    }
    pub fn why_memory() {
        en: "A virtual user of a script takes about 175 KiB, with large answers more; without memory the kernel ends the run.",
        ko: "스크립트의 가상 사용자 한 명이 약 175 KiB를 쓰고 응답이 크면 더 씁니다. 메모리가 모자라면 커널이 테스트를 종료합니다.",
    }
    pub fn swap(used: &str, total: &str) { en: "{used} of {total}", ko: "{total} 중 {used}" }
    pub fn none_used() { en: "none in use", ko: "사용하지 않음" }
    pub fn why_swap() {
        en: "A virtual user that was swapped out comes back milliseconds late, and that reads as a slow target.",
        ko: "스왑으로 밀려난 가상 사용자는 몇 밀리초 늦게 깨어나고, 이것이 대상이 느린 것처럼 보입니다.",
    }
    pub fn why_huge_pages() {
        en: "With always, the kernel stops processes to make huge pages of small ones: milliseconds now and then, also of Redis and databases on this machine.",
        ko: "always이면 커널이 큰 페이지를 만드느라 프로세스를 가끔 몇 밀리초씩 멈춥니다. 이 머신의 Redis와 데이터베이스도 마찬가지입니다.",
    }
    pub fn ports(ports: &str, rate: &str) {
        en: "{ports}, enough for {rate} new connections/s to one address",
        ko: "{ports}개, 한 주소로 초당 새 연결 {rate}개까지",
    }
    pub fn why_ports() {
        en: "A port rests for a minute after its connection was closed. Without a free one nothing connects any more; connections that are kept need none.",
        ko: "연결을 닫은 포트는 1분 동안 다시 쓸 수 없습니다. 빈 포트가 없으면 새로 연결할 수 없습니다. 연결을 유지하면 문제가 없습니다.",
    }
    pub fn reuse() { en: "1, or 2 (this machine alone)", ko: "1 또는 2(같은 머신 안에서만)" }
    pub fn why_reuse() {
        en: "Lets new connections have ports that rest.",
        ko: "대기 중인 포트를 새 연결에 다시 쓰게 합니다.",
    }
    pub fn why_backlog() {
        en: "How many connections may wait to be accepted by a server on this machine; more are dropped, and tried again after a second.",
        ko: "이 머신의 서버가 수락을 기다리게 할 수 있는 연결 수입니다. 넘치면 버려지고 1초 뒤에 다시 시도됩니다.",
    }
    pub fn why_buffers() {
        en: "Large answers from far away wait for each other where buffers are small.",
        ko: "버퍼가 작으면 먼 곳에서 오는 큰 응답이 서로를 기다리게 됩니다.",
    }
    pub fn tracked(now: &str, most: &str) { en: "{now} of {most}", ko: "{most} 중 {now}" }
    pub fn why_tracking() {
        en: "A firewall that follows connections drops new ones when its table is full.",
        ko: "연결을 추적하는 방화벽은 표가 가득 차면 새 연결을 버립니다.",
    }
}
