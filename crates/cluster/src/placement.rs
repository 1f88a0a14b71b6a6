//! A placement starts agents and tells when one has ended.

use std::process::{Child, Command, ExitStatus};

/// Starts agents, and tells when one has ended.
pub trait Placement {
    /// Agents that have ended since the last time: their names, and how.
    fn ended(&mut self) -> Vec<(String, String)>;

    /// Whether all have ended.
    fn is_empty(&mut self) -> bool;

    /// Ends those that are left.
    fn end(&mut self);
}

/// Agents that others have started.
#[derive(Debug)]
pub struct Elsewhere;

impl Placement for Elsewhere {
    fn ended(&mut self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn is_empty(&mut self) -> bool {
        true
    }

    fn end(&mut self) {}
}

/// Agents that are processes of this machine; they end with this.
#[derive(Debug, Default)]
pub struct Children {
    running: Vec<(String, Child)>,
    ended: Vec<(String, String)>,
}

impl Children {
    /// Starts an agent. Signals to this process's group do not reach it: whoever leads ends it in order.
    pub fn start(&mut self, name: &str, command: &mut Command) -> std::io::Result<()> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        self.running.push((name.to_owned(), command.spawn()?));
        Ok(())
    }

    fn look(&mut self) {
        let ended = &mut self.ended;
        self.running.retain_mut(|(name, child)| match child.try_wait() {
            Ok(None) => true,
            Ok(Some(status)) => {
                ended.push((name.clone(), told(status)));
                false
            }
            Err(error) => {
                ended.push((name.clone(), error.to_string()));
                false
            }
        });
    }
}

fn told(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("its process was ended by signal {signal}");
    }
    match status.code() {
        Some(code) => format!("its process ended with exit code {code}"),
        None => "its process ended".to_owned(),
    }
}

impl Placement for Children {
    fn ended(&mut self) -> Vec<(String, String)> {
        self.look();
        std::mem::take(&mut self.ended)
    }

    fn is_empty(&mut self) -> bool {
        self.look();
        self.running.is_empty()
    }

    fn end(&mut self) {
        for (_, child) in &mut self.running {
            // One that has ended by itself cannot be ended.
            let _ = child.kill();
            let _ = child.wait();
        }
        self.running.clear();
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.end();
    }
}
