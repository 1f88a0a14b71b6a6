//! What a search does on its way: where it ends, and that it goes on where another one left.

use flashcrowd_search::{Ending, Progress, Promise, Search, SearchConfig, Second, Step, Tally};

use crate::server::{Model, Spread, search};

fn config(whole: bool) -> SearchConfig {
    SearchConfig {
        lowest: 1.0,
        highest: 100.0,
        whole,
        keeps_up: !whole,
        dispersion: 0.0,
        promises: vec![Promise { allowed: 0.01, limit: Some(0.5) }],
        precision: 0.05,
        seconds: 90.0,
    }
}

/// A second at a load of a target whose responses are slow beyond `most`, or of one that answers nothing.
fn second(load: f64, most: f64) -> Second {
    let slow = load > most;
    Second {
        length: 1.0,
        due: load,
        done: load,
        in_flight: load / 50.0,
        response: (most > 0.0).then_some(if slow { 0.9 } else { 0.02 }),
        iteration: Some(0.02),
        tallies: vec![Tally {
            all: load,
            bad: if slow { load } else { 0.0 },
            reach: if slow { 1.0 } else { 0.1 },
        }],
        ..Second::default()
    }
}

fn go(search: &mut Search, most: f64) -> Ending {
    loop {
        let load = match search.next_step() {
            Step::Trial { load } | Step::Rest { load } => load,
            Step::Done(ending) => return ending,
        };
        while search.second(second(load, most)) == Progress::GoOn {}
    }
}

/// A search of a server that serves 30/s.
fn of_thirty() -> Search {
    let time = 1.0 / 30.0;
    let model = Model {
        arrivals: Spread::Fixed,
        service: Spread::Fixed,
        time,
        workers: 1,
        share: 1.0,
        errors: 0.0,
        most: 0,
        noise: 0.0,
    };
    search(model, 0.5, 1, &[0.01], (1.0, 100.0)).0
}

#[test]
fn it_ends_for_the_reason_that_there_is() {
    for (most, expected) in [(1000.0, Ending::AllHeld), (0.5, Ending::NoneHeld), (0.0, Ending::NotMeasured)] {
        let mut search = Search::new(config(false));
        assert_eq!(go(&mut search, most), expected, "{most}");
    }
    let mut search = of_thirty();
    let load = search.estimate().load;
    assert!(load.lower <= 30.0 && 30.0 <= load.upper && load.width() <= 0.1, "{load:?}");
    assert!(matches!(search.next_step(), Step::Done(Ending::Precise | Ending::TimeUp)));
}

#[test]
fn users_are_whole_and_found_to_one() {
    let mut search = Search::new(config(true));
    assert_eq!(go(&mut search, 17.0), Ending::Precise);
    assert!(search.trials().iter().all(|trial| trial.load.fract() == 0.0));
    let load = search.estimate().load;
    assert!(load.lower >= 16.0 && load.upper <= 19.0, "{load:?}");
}

#[test]
fn a_search_goes_on_where_another_one_left() {
    let first = of_thirty();
    let mut second = Search::new(config(false));
    first.trials().iter().for_each(|trial| second.recall(trial.clone()));
    assert_eq!(second.estimate(), first.estimate());
}

#[test]
fn a_target_that_never_comes_back_ends_it() {
    let mut search = Search::new(config(false));
    let mut gone = false;
    let ending = loop {
        let load = match search.next_step() {
            Step::Trial { load } | Step::Rest { load } => load,
            Step::Done(ending) => break ending,
        };
        gone |= load > 40.0;
        let at = |load: f64| match gone {
            true => Second { in_flight: 100.0 * load, done: 0.0, ..second(load, 0.0) },
            false => second(load, 1000.0),
        };
        while search.second(at(load)) == Progress::GoOn {}
    };
    assert_eq!(ending, Ending::Gone);
}
