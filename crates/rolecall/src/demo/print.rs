//! How the story is told in a terminal.

use std::io::{IsTerminal, Write};

/// Prints the story; with colour when somebody watches.
pub(crate) struct Teller {
    colour: bool,
}

impl Teller {
    pub(crate) fn new() -> Self {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { colour }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn line(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{text}");
        let _ = out.flush();
    }

    /// A chapter's heading.
    pub(crate) fn chapter(&self, text: &str) {
        self.line(&format!("\n{}", self.paint("1", text)));
    }

    /// Something that was done.
    pub(crate) fn done(&self, text: &str) {
        self.line(&format!("  {} {text}", self.paint("32", "ok")));
    }

    /// A line of a task's log.
    pub(crate) fn log(&self, text: &str) {
        self.line(&format!("     {} {text}", self.paint("36", "|")));
    }

    /// A refusal in AWS's words.
    pub(crate) fn refused(&self, text: &str) {
        let mark = self.paint("31", "no");
        for (n, part) in text.lines().enumerate() {
            self.line(&if n == 0 {
                format!("  {mark} {part}")
            } else {
                format!("     {part}")
            });
        }
    }

    /// The statement that would allow it.
    pub(crate) fn remedy(&self, layer: &str, statement: &str) {
        self.line(&format!("     a statement in an {layer} that allows it:"));
        self.line(&format!("     {}", self.paint("33", statement)));
    }
}
