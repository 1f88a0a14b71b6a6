//! The story explains in words what each opening resulted in, why, and what to try next.

use crate::{Crowd, Figures};
use flashcrowd_shop::Lock;
use flashcrowd_text::{Lang, messages};

use super::amount;

/// Commands to try next.
pub const COMMANDS: [&str; 3] = [
    "flashcrowd demo --print-script > opening.js",
    "flashcrowd shop --lock none --stock 1=100",
    "flashcrowd run opening.js",
];

messages! {
    pub fn title(users: String, items: u64) {
        en: "Flash sale: {users} users within one second, for {items} items",
        ko: "한정 판매 시작: 1초 안에 {users}명이 {items}개를 사러 옵니다",
    }
    pub fn opening() {
        en: "The practice shop opens three times in this process; nothing leaves this machine. The same users \
             come each time: everybody logs in, checks the stock three times and tries to buy one item. Only the \
             way the shop keeps its stock differs:",
        ko: "이 프로세스 안에서 연습용 상점을 세 번 엽니다. 외부로는 아무것도 보내지 않습니다. 매번 같은 사용자들이 \
             로그인하고, 재고를 세 번 조회한 다음, 한 개 구매를 시도합니다. 다른 점은 상점이 재고를 관리하는 \
             방식뿐입니다.",
    }
    fn none_does() {
        en: "reads the stock, waits for the database, writes back one less",
        ko: "재고를 읽고, 데이터베이스를 기다린 뒤, 하나 줄인 값을 씁니다",
    }
    fn mutex_does() {
        en: "does the same inside a lock, one customer at a time",
        ko: "같은 일을 락 안에서 한 명씩 처리합니다",
    }
    fn atomic_does() {
        en: "checks the stock and decrements it in a single step",
        ko: "재고가 있으면 한 번의 연산으로 하나를 뺍니다",
    }
    pub fn what_happened() { en: "What happened", ko: "결과 설명" }
    fn raced(over: String) {
        en: "Two customers read the same stock, both waited for the database, and both wrote back one less: one item, \
             sold twice. {over} customers bought an item that does not exist.",
        ko: "두 고객이 같은 재고를 읽고, 똑같이 데이터베이스를 기다린 뒤, 둘 다 하나 줄인 값을 썼습니다. 물건 하나가 \
             두 번 팔린 것입니다. 이렇게 {over}명이 있지도 않은 물건을 샀습니다.",
    }
    fn unnoticed(p99: String) {
        en: "No request failed and p99 was {p99}: a test that looks only at errors and speed would pass this.",
        ko: "실패한 요청은 없고 p99도 {p99}입니다. 오류와 속도만 보는 테스트라면 성공으로 판정합니다.",
    }
    fn lucky() {
        en: "Nothing was oversold, but only by luck: nobody read the stock while another purchase was in progress. \
             Try again with more --users.",
        ko: "초과 판매가 없었지만 운이 좋았을 뿐입니다. 다른 구매가 처리되는 동안 재고를 읽은 고객이 없었습니다. --users를 늘려 다시 \
             실행해 보세요.",
    }
    fn queued(sold: u64, items: u64, p99: String, other: String) {
        en: "Exactly {sold} of {items} sold. But the lock is held while waiting for the database, so everybody queues, \
             even those who get nothing: p99 was {p99}, compared with {other} for atomic.",
        ko: "{items}개 중 정확히 {sold}개가 팔렸습니다. 하지만 락을 쥔 채 데이터베이스를 기다리므로, 사지 못할 고객까지 모두 \
             한 줄로 서서 기다립니다. p99는 {p99}입니다(atomic은 {other}).",
    }
    fn one_step(sold: u64, items: u64, p99: String) {
        en: "The check and the change are one step (in SQL: UPDATE ... SET stock = stock - 1 WHERE stock >= 1), so \
             nobody waits for anybody else. Exactly {sold} of {items} sold, and p99 was {p99}.",
        ko: "확인과 차감이 한 번의 연산입니다(SQL이라면 UPDATE ... SET stock = stock - 1 WHERE stock >= 1). 그래서 서로 \
             기다릴 필요가 없습니다. {items}개 중 정확히 {sold}개가 팔렸고 p99는 {p99}입니다.",
    }
    fn short(sold: u64, items: u64, errors: u64) {
        en: "Only {sold} of {items} were sold; {errors} requests failed.",
        ko: "{items}개 중 {sold}개만 팔렸습니다. 요청 {errors}건이 실패했습니다.",
    }
    fn too_slow() { en: "Correct, but too slow.", ko: "정확하지만 너무 느립니다." }
    fn fast() { en: "Correct and fast.", ko: "정확하고 빠릅니다." }
    pub fn agreed() {
        en: "Sales and requests were counted twice, by the users and by the shop: the counts agree.",
        ko: "판매 수량과 요청 수를 사용자 쪽과 상점 쪽에서 따로 세었으며, 결과가 서로 일치합니다.",
    }
    pub fn disagreed() {
        en: "THESE FIGURES CANNOT BE TRUSTED:",
        ko: "이 수치는 믿을 수 없습니다:",
    }
    pub fn next() { en: "What to try next", ko: "다음 단계" }
    fn try_script() {
        en: "the load as a k6 script, to read and edit",
        ko: "이 부하를 k6 스크립트로 저장합니다. 읽고 고칠 수 있습니다",
    }
    fn try_shop() {
        en: "the shop that oversold, in another terminal; restart it to restock",
        ko: "초과 판매가 일어난 상점입니다. 다른 터미널에서 실행하세요. 다시 시작하면 재고가 채워집니다",
    }
    fn try_run() {
        en: "the load against that shop; exits with code 99 because items_sold is not 100",
        ko: "그 상점에 부하를 줍니다. items_sold가 100이 아니므로 종료 코드 99로 끝납니다",
    }
}

/// What each lock does.
pub fn locks(lang: Lang) -> [(Lock, String); 3] {
    [(Lock::None, none_does(lang)), (Lock::Mutex, mutex_does(lang)), (Lock::Atomic, atomic_does(lang))]
}

/// The first line of the demo.
pub fn headline(lang: Lang, crowd: Crowd) -> String {
    title(lang, amount::count(crowd.users), crowd.items)
}

/// The commands to try next, with what they do.
pub fn suggestions(lang: Lang) -> [(&'static str, String); 3] {
    let [script, shop, run] = COMMANDS;
    [(script, try_script(lang)), (shop, try_shop(lang)), (run, try_run(lang))]
}

/// What one opening resulted in, and why.
pub fn explain(lang: Lang, one: &Figures, all: &[Figures]) -> String {
    let (sold, items) = (one.shop.sold, one.items);
    let p99 = unbroken(lang, one.p99_ms());
    match one.lock {
        Lock::None if one.oversold() == 0 => lucky(lang),
        Lock::None if one.errors == 0 && one.fast() => {
            format!("{} {}", raced(lang, amount::count(one.oversold())), unnoticed(lang, p99))
        }
        Lock::None => raced(lang, amount::count(one.oversold())),
        _ if sold < items => short(lang, sold, items, one.errors),
        Lock::Mutex => {
            let atomic = all.iter().find(|other| other.lock == Lock::Atomic).map_or(0.0, Figures::p99_ms);
            let text = queued(lang, sold, items, p99, unbroken(lang, atomic));
            if one.fast() { text } else { format!("{text} {}", too_slow(lang)) }
        }
        _ => {
            let text = one_step(lang, sold, items, p99);
            if one.fast() { format!("{text} {}", fast(lang)) } else { text }
        }
    }
}

/// A time whose number and unit stay on one line.
fn unbroken(lang: Lang, ms: f64) -> String {
    amount::time(lang, ms).replace(' ', "\u{a0}")
}
