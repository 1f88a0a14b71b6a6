//! Keys steer a run: they pause it, scale it and end it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use flashcrowd_engine::Control;

/// What a key asks for besides what it has done already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing more.
    Nothing,
    /// The test is to end, like after Ctrl-C.
    End,
}

/// What keys have done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Keys {
    /// Whether the next `q` ends the test.
    pub(super) is_sure: bool,
    /// What could not be done, or what is asked, until the next key.
    pub(super) notice: Option<String>,
}

impl Keys {
    /// Does what a key says.
    pub(super) fn press(&mut self, key: KeyEvent, control: Option<&Control>) -> Asked {
        let was_sure = std::mem::take(self).is_sure;
        match key.code {
            KeyCode::Char('c' | 'C') if key.modifiers.contains(KeyModifiers::CONTROL) => Asked::End,
            KeyCode::Char('q' | 'Q') if was_sure => Asked::End,
            KeyCode::Char('q' | 'Q') => {
                self.is_sure = true;
                self.notice = Some("q again ends the test, any other key lets it go on".to_owned());
                Asked::Nothing
            }
            KeyCode::Char('p' | 'P' | ' ') => {
                self.notice = pause(control);
                Asked::Nothing
            }
            KeyCode::Char('+' | '=') | KeyCode::Up => self.scale(control, true),
            KeyCode::Char('-' | '_') | KeyCode::Down => self.scale(control, false),
            _ => Asked::Nothing,
        }
    }

    fn scale(&mut self, control: Option<&Control>, is_more: bool) -> Asked {
        self.notice = scale(control, is_more);
        Asked::Nothing
    }
}

/// Pauses the run, or lets it go on; says why not.
fn pause(control: Option<&Control>) -> Option<String> {
    let control = match control {
        Some(control) if control.has_ended() => return Some("the test is over".to_owned()),
        Some(control) if control.is_elsewhere() => {
            return Some("agents make this load: it cannot be paused".to_owned());
        }
        Some(control) => control,
        None => return Some("the test has not begun yet".to_owned()),
    };
    if !control.pause() {
        control.resume();
    }
    None
}

/// Adds a tenth of the virtual users, at least one, or takes as many away; a tenth of the rate where that is what is set
/// from outside. Says why not.
fn scale(control: Option<&Control>, is_more: bool) -> Option<String> {
    let control = control.filter(|control| !control.has_ended());
    if let Some(scale) = control.and_then(Control::scale) {
        let now = scale.vus();
        let step = (now / 10).max(1);
        let wanted = if is_more { now.saturating_add(step) } else { now.saturating_sub(step) };
        let most = wanted.max(scale.max_vus());
        return scale.set(Some(wanted), Some(most)).err().map(|error| error.to_string());
    }
    match control.and_then(|control| Some((control, control.rate()?))) {
        Some((control, now)) => {
            let step = (now / 10.0).ceil().max(1.0);
            let wanted = if is_more { now + step } else { (now - step).max(0.0) };
            control.set_rate(wanted).err().map(|error| error.to_string())
        }
        None => Some("only scenarios that are externally-controlled can be scaled".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(code), KeyModifiers::NONE)
    }

    #[test]
    fn q_is_asked_twice_and_ctrl_c_is_not() {
        let control = Control::new();
        let mut keys = Keys::default();
        assert_eq!(keys.press(key('q'), Some(&control)), Asked::Nothing);
        assert!(keys.notice.is_some());
        assert_eq!(keys.press(key('x'), Some(&control)), Asked::Nothing);
        assert_eq!(keys, Keys::default(), "another key lets it go on");
        assert_eq!(keys.press(key('q'), Some(&control)), Asked::Nothing);
        assert_eq!(keys.press(key('q'), Some(&control)), Asked::End);
        let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(keys.press(interrupt, None), Asked::End);
    }

    #[test]
    fn p_pauses_and_lets_go_on() {
        let control = Control::new();
        let mut keys = Keys::default();
        keys.press(key('p'), Some(&control));
        assert!(control.is_paused());
        keys.press(key('p'), Some(&control));
        assert!(!control.is_paused());
        keys.press(key('p'), None);
        assert_eq!(keys.notice.as_deref(), Some("the test has not begun yet"));
        control.mark_ended();
        keys.press(key('p'), Some(&control));
        assert!(!control.is_paused() && keys.notice.is_some());
    }

    #[test]
    fn what_cannot_be_scaled_says_so() {
        let mut keys = Keys::default();
        keys.press(key('+'), Some(&Control::new()));
        assert!(keys.notice.is_some_and(|notice| notice.contains("externally-controlled")));
    }
}
