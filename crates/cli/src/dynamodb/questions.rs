//! Questions that are asked on a terminal: how large a run is, whether to start it, whether to delete tables.

use std::io::BufRead as _;
use std::time::Duration;

use flashcrowd_engine::duration;
use flashcrowd_prime_day::Size;
use flashcrowd_text::messages;
use tokio::sync::oneshot;

use super::wanted::Wanted;
use crate::context::Context;
use crate::exit::Failure;
use crate::screen::Stream;

messages! {
    fn ask_workers() { en: "Workers [20]: ", ko: "워커 수 [20]: " }
    fn ask_duration() { en: "Duration, such as 30s or 5m [5m]: ", ko: "테스트 시간(예: 30s, 5m) [5m]: " }
    fn ask_begin() { en: "Start? [y/N] ", ko: "시작할까요? [y/N] " }
    fn ask_remove() { en: "Delete them? [y/N] ", ko: "삭제할까요? [y/N] " }
    fn ask_switch() { en: "Switch them? [y/N] ", ko: "전환할까요? [y/N] " }
    fn no_number() { en: "  write a whole number, at least 1, such as 20", ko: "  20처럼 1 이상의 정수를 입력하세요" }
    fn no_duration() { en: "  write a duration of 1 second or more, such as 30s, 5m or 1h", ko: "  30s, 5m, 1h처럼 1초 이상의 시간을 입력하세요" }
}

/// Workers and duration if nothing is typed.
const USUAL: (u64, Duration) = (20, Duration::from_secs(300));

/// Asks for what is missing of the size.
pub async fn size(context: &Context, wanted: &Wanted) -> Result<Size, Failure> {
    let lang = context.ui.lang();
    let workers = match wanted.workers {
        Some(workers) => workers,
        None => asked(context, &ask_workers(lang), &no_number(lang), workers_typed).await?,
    };
    let duration = match wanted.duration {
        Some(duration) => duration,
        None => asked(context, &ask_duration(lang), &no_duration(lang), duration_typed).await?,
    };
    wanted.settle(workers, duration).map_err(Failure::Config)
}

/// Asks whether to start.
pub async fn begin(context: &Context) -> Result<bool, Failure> {
    agreed(context, &ask_begin(context.ui.lang())).await
}

/// Asks whether to delete the tables.
pub async fn remove(context: &Context) -> Result<bool, Failure> {
    agreed(context, &ask_remove(context.ui.lang())).await
}

/// Asks whether to switch tables of others.
pub async fn switch(context: &Context) -> Result<bool, Failure> {
    agreed(context, &ask_switch(context.ui.lang())).await
}

async fn agreed(context: &Context, question: &str) -> Result<bool, Failure> {
    Ok(line(context, question).await?.is_some_and(|answer| is_yes(&answer)))
}

/// Asks until the answer makes sense.
async fn asked<T>(
    context: &Context,
    question: &str,
    wrong: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, Failure> {
    loop {
        let Some(answer) = line(context, question).await? else {
            return Err(anyhow::anyhow!("no answer: nothing was run").into());
        };
        match read(answer.trim()) {
            Some(value) => return Ok(value),
            None => context.console.write(stream(context), &format!("{wrong}\n")),
        }
    }
}

/// The typed line; none at the end of input. A separate thread reads it, so that a signal interrupts the wait.
async fn line(context: &Context, question: &str) -> Result<Option<String>, Failure> {
    context.console.write(stream(context), question);
    let (told, answer) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).map(|length| (length > 0).then_some(line));
        // Nothing waits for it after a signal.
        let _ = told.send(read);
    });
    let answer = tokio::select! {
        answer = answer => answer.ok().transpose(),
        () = context.interrupt.wait() => {
            // The message about the signal starts on a new line.
            context.console.write(stream(context), "\n");
            return Err(Failure::SIGNAL);
        }
    };
    let answer = answer.map_err(|error| anyhow::anyhow!("cannot read the answer: {error}"))?.flatten();
    if answer.is_none() {
        context.console.write(stream(context), "\n");
    }
    Ok(answer)
}

/// Questions go to the stream that is a terminal.
fn stream(context: &Context) -> Stream {
    context.console.progress_stream()
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes", "예", "네"].contains(&answer.trim().to_lowercase().as_str())
}

fn workers_typed(answer: &str) -> Option<u64> {
    if answer.is_empty() {
        Some(USUAL.0)
    } else {
        answer.parse().ok().filter(|workers| (1..=100_000).contains(workers))
    }
}

fn duration_typed(answer: &str) -> Option<Duration> {
    if answer.is_empty() {
        return Some(USUAL.1);
    }
    // A bare number means seconds.
    let seconds = answer.parse().ok().map(Duration::from_secs);
    let typed = seconds.or_else(|| duration::parse(answer).ok());
    typed.filter(|time| *time >= Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_with_the_usual_for_none() {
        for (answer, workers) in [("", Some(20)), ("7", Some(7)), ("0", None), ("many", None), ("-3", None)] {
            assert_eq!(workers_typed(answer), workers, "{answer}");
        }
        for (answer, seconds) in [
            ("", Some(300)),
            ("90", Some(90)),
            ("2m", Some(120)),
            ("0", None),
            ("10ms", None),
            ("soon", None),
        ] {
            assert_eq!(duration_typed(answer), seconds.map(Duration::from_secs), "{answer}");
        }
    }

    #[test]
    fn only_yes_is_yes() {
        for (answer, yes) in
            [("y\n", true), (" YES ", true), ("네", true), ("", false), ("n", false), ("ye", false)]
        {
            assert_eq!(is_yes(answer), yes, "{answer}");
        }
    }
}
