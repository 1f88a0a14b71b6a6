//! Questions are what is asked on a terminal before a run: how large it is, and whether to begin.

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
    /// Asks for a number.
    fn ask_workers() { en: "Workers [20]: ", ko: "워커 수 [20]: " }
    /// Asks for a time.
    fn ask_duration() { en: "Duration, such as 30s or 5m [5m]: ", ko: "테스트 시간(예: 30s, 5m) [5m]: " }
    /// Asks whether to begin.
    fn ask_begin() { en: "Begin? [y/N] ", ko: "시작할까요? [y/N] " }
    /// Asks whether to remove.
    fn ask_remove() { en: "Remove them? [y/N] ", ko: "삭제할까요? [y/N] " }
    /// Says what a number is.
    fn no_number() { en: "  write a whole number from 1 on, such as 20", ko: "  20처럼 1 이상의 정수를 입력하세요" }
    /// Says what a time is.
    fn no_duration() { en: "  write a time of a second or more, such as 30s, 5m or 1h", ko: "  30s, 5m, 1h처럼 1초 이상의 시간을 입력하세요" }
}

/// Workers and time where nothing is typed.
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

/// Asks whether to begin.
pub async fn begin(context: &Context) -> Result<bool, Failure> {
    agreed(context, &ask_begin(context.ui.lang())).await
}

/// Asks whether to remove what was named.
pub async fn remove(context: &Context) -> Result<bool, Failure> {
    agreed(context, &ask_remove(context.ui.lang())).await
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

/// The line that is typed; none when there is no more. A thread of its own waits for it, so that a signal is heard.
async fn line(context: &Context, question: &str) -> Result<Option<String>, Failure> {
    context.console.write(stream(context), question);
    let (told, answer) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).map(|length| (length > 0).then_some(line));
        // Nobody waits any more once a signal has come.
        let _ = told.send(read);
    });
    let answer = tokio::select! {
        answer = answer => answer.ok().transpose(),
        () = context.interrupt.wait() => {
            // What is said of it must not stand behind the question.
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

/// Questions go where a person sees them.
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
    // A bare number is seconds, as people who are asked for a time mean it.
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
