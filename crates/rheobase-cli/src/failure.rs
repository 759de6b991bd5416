//! Why the command ends without success, and with which exit code.

use crate::interrupt;

/// What ends a command early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Usage, input or a file cannot be used: exit code 2.
    Bad(String),
    /// A verified file disagrees, which the table has already said: exit code 1.
    Disagrees,
    /// Ctrl-C or another signal asked the process to end: exit code 128 and the signal's number, as shells have it.
    Interrupted(String),
    /// Whoever read the output wants no more of it: nothing is wrong.
    PipeClosed,
}

impl Failure {
    /// A [`Failure::Bad`] with this message.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Failure::Bad(message.into())
    }

    /// What to tell the user, if there is something.
    pub(crate) fn message(&self) -> Option<&str> {
        match self {
            Failure::Bad(message) | Failure::Interrupted(message) => Some(message),
            Failure::Disagrees | Failure::PipeClosed => None,
        }
    }

    /// The exit code of the process.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Bad(_) => 2,
            Failure::Disagrees => 1,
            Failure::Interrupted(_) => interrupt::exit_code(),
            Failure::PipeClosed => 0,
        }
    }
}

impl From<rheobase::Error> for Failure {
    fn from(e: rheobase::Error) -> Self {
        Failure::Bad(e.to_string())
    }
}

/// Result of a command or a part of it.
pub(crate) type Outcome<T> = Result<T, Failure>;
