//! The screen of a run is drawn on a thread of its own, which also hears keys; the run's own threads never wait for it.

use std::io::{self, Stderr, Stdout, Write, stderr, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossterm::cursor::{Hide, Show};
use crossterm::event::{self, Event, KeyEventKind};
use crossterm::execute;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use flashcrowd_live::Hub;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::process::{Signal, getpid, kill_process};

use super::draw::{Shown, draw};
use super::keys::{Asked, Keys};
use crate::screen::{Console, Stream};

/// How long a key may wait for what it changes, and how often the picture is drawn anew.
const REDRAW: Duration = Duration::from_millis(200);

/// Seconds of charts.
const SECONDS: usize = 240;

/// Lines of the log.
const LINES: usize = 50;

/// Whether the terminal is in the hands of a full-screen view.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// The full-screen view of a run, until it is dropped.
#[derive(Debug)]
pub struct Tui {
    console: Arc<Console>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Tui {
    /// Takes the terminal; what is written meanwhile is shown as the log, and again below when this is over.
    pub fn open(console: &Arc<Console>, hub: Arc<Hub>) -> io::Result<Self> {
        let mut terminal = Terminal::new(CrosstermBackend::new(Screen::of(console.progress_stream())))?;
        enable_raw_mode()?;
        IS_TAKEN.store(true, Ordering::SeqCst);
        console.hold();
        let is_over = Arc::new(AtomicBool::new(false));
        let mut tui = Self { console: console.clone(), is_over: is_over.clone(), thread: None };
        execute!(terminal.backend_mut(), EnterAlternateScreen, Clear(ClearType::All), Hide)?;
        let (console, color) = (console.clone(), console.color(console.progress_stream()));
        let work = move || {
            let mut keys = Keys::default();
            while !is_over.load(Ordering::SeqCst) {
                let standing = hub.standing(SECONDS);
                let log = console.held(LINES);
                let shown = Shown { standing: &standing, log: &log, keys: &keys, color };
                if terminal.draw(|frame| draw(frame, &shown)).is_err() {
                    // The terminal is gone, and a signal says so to the run.
                    return;
                }
                if hear(&mut keys, standing.control.as_deref()).is_err() {
                    return;
                }
            }
        };
        tui.thread = Some(std::thread::Builder::new().name("tui".to_owned()).spawn(work)?);
        Ok(tui)
    }
}

impl Drop for Tui {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // It has panicked, which was printed; the run has nothing to do with it.
            let _ = thread.join();
        }
        restore(&self.console);
    }
}

/// Gives the terminal back, if it was taken: after a run, and before a process ends at once.
pub fn restore(console: &Console) {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // A terminal that is gone needs nothing.
    let _ = execute!(Screen::of(console.progress_stream()), LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
    console.release();
}

/// Waits for keys for a moment, and does what they say.
fn hear(keys: &mut Keys, control: Option<&flashcrowd_engine::Control>) -> io::Result<()> {
    if !event::poll(REDRAW)? {
        return Ok(());
    }
    if let Event::Key(key) = event::read()?
        && key.kind == KeyEventKind::Press
        && keys.press(key, control) == Asked::End
    {
        // As if the terminal had sent it: the second one ends the process at once.
        kill_process(getpid(), Signal::INT)?;
    }
    Ok(())
}

/// The stream that is a terminal.
enum Screen {
    Out(Stdout),
    Err(Stderr),
}

impl Screen {
    fn of(stream: Stream) -> Self {
        match stream {
            Stream::Out => Self::Out(stdout()),
            Stream::Err => Self::Err(stderr()),
        }
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Out(out) => out.write(bytes),
            Self::Err(err) => err.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Out(out) => out.flush(),
            Self::Err(err) => err.flush(),
        }
    }
}
