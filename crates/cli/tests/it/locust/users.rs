//! Users of Locust files: who comes, in which order, how long they live, and what a rate starts.

use super::Python;
use crate::target::{Target, answer};

#[test]
fn classes_come_in_locusts_order_spread_inside_of_the_second() {
    let Some(python) = Python::get() else { return };
    let file = "import time\nfrom locust import User, constant, task\n\
                class A(User):\n    weight = 5\n    wait_time = constant(60)\n    def on_start(self):\n        print('came', type(self).__name__, time.time())\n    \
                @task\n    def t(self):\n        pass\n\
                class B(A):\n    weight = 1\nclass C(A):\n    weight = 2.5\nclass First(A):\n    fixed_count = 1\n";
    let outcome = python.run(file, "-u 13 -r 5 -t 4s").go();
    let came = outcome.stdout.lines().filter_map(|line| line.strip_prefix("came "));
    let came: Vec<(&str, f64)> = came
        .map(|line| line.split_once(' ').map(|(name, at)| (name, at.parse().unwrap())).unwrap())
        .collect();
    let letters: String = came.iter().map(|(name, _)| &name[..1]).collect();
    assert_eq!(letters, "FACABACAACAAC", "{outcome:?}");
    let from_first = |at: usize| came[at].1 - came[0].1;
    // Each 0.2 s, give or take what a busy machine adds.
    assert!((0.5..2.0).contains(&from_first(4)) && (2.1..4.0).contains(&from_first(12)), "{came:?}");
    assert_eq!(outcome.code, Some(0));
}

#[test]
fn the_clock_starts_with_the_first_user_and_a_shape_has_its_own() {
    let Some(python) = Python::get() else { return };
    // Imports and listeners compute for longer than a process may that does not end its users.
    let file = "import time\nfrom locust import User, constant, task, events\n\
                def compute(seconds):\n    begin = time.perf_counter()\n    while time.perf_counter() - begin < seconds:\n        pass\n\
                compute(1.5)\n\
                @events.init.add_listener\ndef load(environment, **_):\n    compute(5.5)\n\
                @events.test_start.add_listener\ndef seed(environment, **_):\n    time.sleep(0.5)\n    compute(5.5)\n\
                @events.test_stop.add_listener\ndef draw(environment, **_):\n    compute(5.5)\n    print('drawn')\n\
                class U(User):\n    wait_time = constant(0.1)\n    def on_start(self):\n        self.t = time.time()\n    \
                @task\n    def t1(self):\n        pass\n    def on_stop(self):\n        print('lived', time.time() - self.t)\n";
    let outcome = python.run(file, "-t 2s").go();
    let lived: f64 = outcome.stdout.split("lived ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    assert!((1.8..3.0).contains(&lived) && outcome.stdout.contains("drawn"), "{outcome:?}");
    let file = file.replace("5.5", "0.1");
    let shape = "from locust import LoadTestShape\n\
                 class Wave(LoadTestShape):\n    def tick(self):\n        now = self.get_run_time()\n        \
                 print('users', int(now), self.get_current_user_count())\n        \
                 return (3, 10) if now < 1 else (1, 10) if now < 2 else None\n";
    let outcome = python.run(&format!("{file}{shape}"), "").go();
    assert!(outcome.stdout.contains("users 1 3") && outcome.stdout.contains("users 2 1"), "{outcome:?}");
    assert_eq!((outcome.stdout.matches("lived ").count(), outcome.code), (3, Some(0)), "{outcome:?}");
}

#[test]
fn a_rate_starts_tasks_of_idle_users_and_counts_what_it_drops() {
    let Some(python) = Python::get() else { return };
    let target = Target::answering(|_| answer(200, &[], "ok"));
    let file = "from locust import HttpUser, between, task\n\
                class U(HttpUser):\n    wait_time = between(5, 9)\n    def on_start(self):\n        self.client.get('/login')\n    \
                @task(3)\n    def look(self):\n        self.client.get('/look')\n    @task\n    def buy(self):\n        self.client.post('/buy')\n";
    let line = format!("-u 20 -r 20 --rate 100/s -t 4s --csv out --host {}", target.url());
    let outcome = python.run(file, &line).go();
    let stats = outcome.read("out_stats.csv");
    let of = |name: &str| -> u64 {
        let row = stats.lines().find(|row| row.contains(name)).unwrap_or_else(|| panic!("{name}: {stats}"));
        row.split(',').nth(2).unwrap().parse().unwrap()
    };
    let dropped = outcome.stderr.split(" tasks were due when no user was idle").next().unwrap();
    let dropped: u64 = dropped.rsplit([' ', '"']).next().unwrap().parse().unwrap_or_default();
    assert_eq!(of(",/login,"), 20);
    let due = of("/look") + of("/buy") + dropped;
    assert!((360..=402).contains(&due), "{due}: {outcome:?}");
    // One task in a user at a time: a slow one leaves arrivals without anybody.
    let slow =
        file.replace("self.client.get('/look')", "self.client.get('/look'); import time; time.sleep(9)");
    let outcome = python.run(&slow, &line.replace("-u 20", "-u 2")).go();
    assert!(outcome.stderr.contains("tasks were due when no user was idle"), "{outcome:?}");
}

#[test]
fn as_many_tasks_are_run_as_were_asked_for() {
    let Some(python) = Python::get() else { return };
    let target = Target::answering(|_| answer(200, &[], "ok"));
    let file = "from locust import HttpUser, SequentialTaskSet, constant, task\n\
                class U(HttpUser):\n    wait_time = constant(0.01)\n    @task\n    class Flow(SequentialTaskSet):\n        @task\n        def a(self):\n            self.client.get('/a')\n        \
                @task\n        def b(self):\n            self.client.get('/b')\n        @task\n        def bug(self):\n            raise KeyError(1)\n    \
                def on_stop(self):\n        print('left', flush=True)\n";
    for (line, tasks) in
        [("-u 4 -r 4 -i 90", 90), ("-u 4 -r 4 --iterations 31 --processes 2", 31), ("-u 5 -r 5 -i 2", 2)]
    {
        let before = target.requests();
        let outcome =
            python.run(file, line).args(&format!("-t 50s --record rec --host {}", target.url())).go();
        let record = outcome.json("rec/result.json");
        let all = record["metrics"].as_array().unwrap();
        let found = all.iter().find(|metric| metric["name"] == "iterations").unwrap();
        assert_eq!(found["stats"]["count"].as_f64(), Some(f64::from(tasks)), "{line}: {found}");
        let sent = target.requests() - before;
        assert!(sent.abs_diff(u64::try_from(tasks).unwrap() * 2 / 3) <= 4, "{line}: {sent}");
        assert!(
            outcome.stderr.contains("--iterations") && outcome.stdout.contains("left"),
            "{line}: {outcome:?}"
        );
    }
    let by_rate =
        python.run(file, "-u 4 -i 30 --rate 100/s -t 50s").args(&format!("--host {}", target.url())).go();
    assert!(by_rate.stderr.contains("as many tasks were run"), "{by_rate:?}");
    assert_eq!(python.run(file, "-i 0").go().code, Some(2));
}

#[test]
fn waits_are_never_shorter_and_hardly_longer_than_asked() {
    let Some(python) = Python::get() else { return };
    let target = Target::answering(|_| answer(200, &[], "ok"));
    // Enough requests for users that wait to be served together, and one that measures.
    let file = "import time\nfrom locust import HttpUser, constant, events, task\nwaits = []\n\
                class Crowd(HttpUser):\n    wait_time = constant(0.1)\n    @task\n    def t(self):\n        self.client.get('/')\n\
                class Clock(HttpUser):\n    fixed_count = 1\n    begin = None\n    @task\n    def t(self):\n        \
                if self.begin is not None: waits.append(time.perf_counter() - self.begin)\n        self.client.get('/')\n        self.begin = time.perf_counter()\n    \
                def wait_time(self): return 0.05\n\
                @events.quitting.add_listener\ndef q(**_):\n    waits.sort()\n    print('waits', len(waits), min(waits), waits[len(waits) // 2])\n";
    let outcome = python.run(file, &format!("-u 60 -r 60 -t 4s --host {}", target.url())).go();
    let said = outcome.stdout.split("waits ").nth(1).unwrap_or_else(|| panic!("{outcome:?}"));
    let numbers: Vec<f64> = said.split_whitespace().take(3).map(|one| one.parse().unwrap()).collect();
    assert!(numbers[0] >= 20.0 && numbers[1] >= 0.05 && numbers[2] < 0.08, "{numbers:?}");
    assert!(target.requests() > 1000, "{}", target.requests());
}
